"""The reference page and the words in the document."""

import re
import subprocess
from shutil import which
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from jim.accounts.models import Role
from jim.api.descriptions import operation_descriptions, tag_descriptions
from jim.api.openapi import openapi_document
from tests.activities import create_items, create_run
from tests.api import create_key
from tests.contract.validation import operations
from tests.integration.synchronisation.broker import empty_queue
from tests.integration.synchronisation.systems import file_system, profile_of

PAGE = "/api/reference"
REFERENCE = re.compile(r'(?:src|href|data-document)="([^"]+)"')


@pytest.fixture(scope="module")
def served() -> dict[str, dict[str, Any]]:
    """Operation id -> operation."""
    methods = [operation for path in openapi_document()["paths"].values() for operation in path.values()]
    return {operation["operationId"]: operation for operation in methods}


def test_every_operation_is_described(served: dict[str, dict[str, Any]]) -> None:
    assert [name for name, operation in served.items() if not operation.get("description")] == []


def test_every_description_belongs_to_an_operation(served: dict[str, dict[str, Any]]) -> None:
    known = served.keys() | {operation.id for operation in operations()}
    assert operation_descriptions().keys() - known == set()


def test_every_tag_is_described(served: dict[str, dict[str, Any]]) -> None:
    used = {tag for operation in served.values() for tag in operation["tags"]}
    assert used - {tag["name"] for tag in openapi_document()["tags"]} == set()
    assert all(tag_descriptions()[tag] for tag in used)


@pytest.mark.django_db
def test_page_takes_everything_from_this_server(client: Client) -> None:
    page = client.get(PAGE)
    addresses = REFERENCE.findall(page.content.decode())
    assert page.status_code == 200
    assert all(address.startswith("/") for address in addresses), addresses
    assert "default-src 'self'" in page.headers["Content-Security-Policy"]
    static = [address.removeprefix("/static/") for address in addresses if address.startswith("/static/")]
    assert len(static) == 4
    assert all(finders.find(name) for name in static)


def test_assets_are_served(client: Client) -> None:
    for name in ("drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js", "jim/reference.js"):
        response = client.get(f"/static/{name}")
        response.close()
        assert (response.status_code, response.headers["Content-Type"]) == (200, 'text/javascript; charset="utf-8"')


def example(operation: str) -> str:
    """The curl command in an operation's description."""
    (command,) = re.findall(r"```\n(.+?)\n```", operation_descriptions()[operation], re.DOTALL)
    return command


@pytest.mark.skipif(which("curl") is None, reason="curl is not installed")
@pytest.mark.django_db(transaction=True)
def test_examples_of_the_seeds_run_as_printed(live_server: Any) -> None:
    Role.objects.get_or_create(name="Administrator")  # an earlier test on a real transaction has emptied the table
    run = create_run()
    create_items(run, {"external_id": "00000001"})
    profile = profile_of(file_system())
    environment = {
        "JIM_URL": live_server.url,
        "JIM_API_KEY": create_key("Administrator"),
        "ACTIVITY_ID": str(run.pk),
        "SYSTEM_ID": str(profile.system_id),
        "RUN_PROFILE_ID": str(profile.pk),
    }

    def answer(operation: str) -> str:
        command = ["bash", "-c", f"{example(operation)} --silent --noproxy '*'"]
        return subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=20).stdout

    assert '"externalIdValue":"00000001"' in answer("listExecutionItems")
    assert "Run profile execution queued successfully." in answer("executeRunProfile")
    empty_queue()
