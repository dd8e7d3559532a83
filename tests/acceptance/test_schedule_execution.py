"""A schedule brings people from file to file, started and followed over the API; they are found in the metaverse."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from activities.models import RunType
from activities.recorder import SYSTEM
from jim.accounts.models import Role
from synchronisation import tasks
from synchronisation.models import MetaverseAttribute
from synchronisation.services.runs import start_run
from tests.acceptance.hr_to_directory import install
from tests.api import create_key
from tests.contract.validation import ContractClient
from tests.integration.synchronisation.api.configuration import V1, call
from tests.integration.synchronisation.broker import empty_queue, messages

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = (RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT)
PEOPLE = 20


@pytest.fixture
def client(transactional_db: None) -> Iterator[ContractClient]:
    Role.objects.get_or_create(name="Administrator")
    client = ContractClient()
    client.credentials(HTTP_X_API_KEY=create_key("Administrator"))
    empty_queue()
    yield client
    empty_queue()


def work_off() -> int:
    """Carry out each run whose message waits, as a worker does, until none is left; how many."""
    count = 0
    while waiting := messages():
        for _, activity_id in waiting:
            tasks.run(activity_id)
            count += 1
    return count


def test_each_step_begins_when_the_one_before_it_has_ended(
    client: ContractClient, tmp_path: Path, settings: Any
) -> None:
    settings.JIM_CONNECTOR_FILES = tmp_path
    profiles = install(tmp_path, PEOPLE).profiles
    steps = [
        {"stepIndex": index, "stepType": "RunProfile", "runProfileId": profiles[kind].pk}
        for index, kind in enumerate(ORDER)
    ]
    call(client, "put", f"{V1}/service-settings/Sync.PageSize", {"value": "100"})
    schedule = call(client, "post", f"{V1}/schedules", {"name": "Nightly", "steps": steps}, 201)
    started = call(client, "post", f"{V1}/schedules/{schedule['id']}/run", status=202)

    assert work_off() == len(ORDER)

    execution = call(client, "get", f"{V1}/schedule-executions/{started['executionId']}")
    assert (execution["status"], execution["errorMessage"]) == ("Completed", None)
    assert [step["status"] for step in execution["steps"]] == ["Completed"] * len(ORDER)
    times = [(step["startedAt"], step["completedAt"]) for step in execution["steps"]]
    assert sorted(times) == times
    assert all(ended <= begun for (_, ended), (begun, _) in pairwise(times))
    assert len((tmp_path / "directory.csv").read_text(encoding="utf-8").splitlines()) == PEOPLE + 1

    parent = call(client, "get", f"{V1}/activities?targetType=Schedule&search=Nightly")["items"][0]
    children = call(client, "get", f"{V1}/activities/{parent['id']}/children")
    assert [child["connectedSystemRunType"] for child in children] == list(ORDER)


def test_people_are_found_by_name_and_by_an_attribute_made_searchable(
    client: ContractClient, tmp_path: Path, settings: Any
) -> None:
    settings.JIM_CONNECTOR_FILES = tmp_path
    profiles = install(tmp_path, PEOPLE).profiles
    for kind in ORDER[:2]:
        start_run(profiles[kind], initiator=SYSTEM)
        work_off()
    objects = f"{V1}/metaverse/objects"
    someone = call(client, "get", f"{objects}?attributes=Email")["items"][0]
    prefix = quote(someone["displayName"][:4].upper())
    assert someone["id"] in {item["id"] for item in call(client, "get", f"{objects}?namePrefix={prefix}")["items"]}

    email = MetaverseAttribute.objects.get(name="Email")
    path = f"{V1}/metaverse/attributes/{email.pk}"
    assert call(client, "put", f"{path}/searchable", {"searchable": True})["searchable"] is True
    filtered = (
        f"{objects}?filterAttributeName=email&filterAttributeValue={quote(someone['attributes']['Email'].upper())}"
    )
    assert [item["id"] for item in call(client, "get", filtered)["items"]] == [someone["id"]]
    assert call(client, "put", f"{path}/searchable", {"searchable": False})["searchable"] is False
    assert call(client, "get", path)["searchable"] is False
