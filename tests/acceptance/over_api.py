"""Runs that are started and read through the API, on systems of `installation`; `client` needs `memory_connector`."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from activities.models import RunType
from jim.accounts.models import Role
from synchronisation import tasks
from tests.acceptance.installation import Connected
from tests.api import create_key
from tests.contract.validation import ContractClient
from tests.integration.synchronisation.api.configuration import SYSTEMS, V1, call
from tests.integration.synchronisation.broker import empty_queue

Json = Any


@pytest.fixture
def client(memory_connector: None) -> Iterator[ContractClient]:
    Role.objects.get_or_create(name="Administrator")
    client = ContractClient()
    client.credentials(HTTP_X_API_KEY=create_key("Administrator"))
    yield client
    empty_queue()


@dataclass(frozen=True)
class Executed:
    """What the API shows of a run. warnings: of the 202; errors: external ID -> error type or none, of all items."""

    warnings: list[str]
    activity: Json
    errors: dict[str | None, str | None]


def execute(client: ContractClient, system: Connected, run_type: RunType) -> Executed:
    profile = system.profile(run_type)
    path = f"{SYSTEMS}/{system.system.pk}/run-profiles/{profile.pk}/execute"
    started = call(client, "post", path, status=202)
    tasks.run(started["activityId"])
    activity = f"{V1}/activities/{started['activityId']}"
    items = call(client, "get", f"{activity}/items?pageSize=100")["items"]
    errors = {item["externalIdValue"]: item["errorType"] for item in items}
    return Executed(started["warnings"], call(client, "get", activity), errors)
