"""A store that goes away for a moment is tried again, and the run goes on where it stood; if it stays away, it ends."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from activities.models import Activity, ActivityStatus, RunType
from connectors.testing.in_memory import AWAY, InMemoryStore
from synchronisation.engine import retry
from synchronisation.engine.pages import Run
from synchronisation.models import ConnectorSpaceObject, PendingExport
from tests.acceptance.installation import (
    InMemory,
    export_rule,
    identities,
    import_rule,
    in_memory,
    memory_connector,
)
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT
PEOPLE = [str(number) for number in range(1, 7)]


@dataclass(frozen=True)
class Company:
    hr: InMemory
    target: InMemory


@pytest.fixture
def company(memory_connector: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Company]:
    """Pages hold two of its six people, so that an outage comes between them; pauses take no time."""
    monkeypatch.setattr(Run, "page_size", 2)
    monkeypatch.setattr(retry, "PAUSES_SECONDS", (0, 0, 0))
    identities("Badge", "Name")
    hr, target = in_memory("HR", "id", "name"), in_memory("Target", "uid", "cn")
    import_rule(hr, {"Badge": "id", "Name": "name"})
    export_rule(target, {"uid": "Badge", "cn": "Name"})
    for number in PEOPLE:
        hr.put(number, name=f"Person {number}")
    yield Company(hr, target)
    empty_queue()


def queue(company: Company) -> None:
    company.hr.run(IMPORT)
    company.hr.run(SYNC)


@pytest.mark.parametrize("objects", range(7))
def test_export_goes_on_where_the_target_went_away(company: Company, objects: int) -> None:
    queue(company)
    company.target.store.away_after = objects

    run = company.target.run(EXPORT)

    warned = objects < len(PEOPLE)
    assert run.items == [(number, "Add", None, "Exported:1") for number in PEOPLE]
    assert run.activity.warning_message == (f"{AWAY} It was tried again." if warned else None)
    assert run.status == (ActivityStatus.COMPLETE_WITH_WARNING if warned else ActivityStatus.COMPLETE)
    assert sorted(company.target.objects()) == PEOPLE
    assert set(PendingExport.objects.values_list("status", flat=True)) == {"Exported"}


def test_read_begins_again_when_the_source_went_away(company: Company) -> None:
    company.hr.store.away_after = 5
    run = company.hr.run(IMPORT)
    assert run.items == [(number, "Add", None, "CsoAdded:1") for number in PEOPLE]
    assert (run.status, run.counters["objectsProcessed"]) == (ActivityStatus.COMPLETE_WITH_WARNING, len(PEOPLE))
    assert ConnectorSpaceObject.objects.count() == len(PEOPLE)


@pytest.mark.parametrize("run_type", [EXPORT, IMPORT])
def test_store_that_stays_away_ends_the_run_with_its_own_words(company: Company, run_type: RunType) -> None:
    queue(company)
    company.target.store.times_away = 100

    run = company.target.run(run_type)

    assert (run.status, run.activity.error_message) == (ActivityStatus.FAILED_WITH_ERROR, AWAY)
    assert 100 - company.target.store.times_away == 1 + len(retry.PAUSES_SECONDS)
    assert (run.items, company.target.objects()) == ([], {})


def test_what_was_marked_when_the_target_stayed_away_leaves_with_the_next_run(company: Company) -> None:
    queue(company)
    company.target.store.away_after = 3
    company.target.run(EXPORT)
    company.hr.put("1", name="Zoe")
    queue(company)
    company.target.run(EXPORT)
    assert company.target.objects()["1"] == {"uid": "1", "cn": "Zoe"}


def test_pauses_begin_anew_when_an_attempt_got_further(company: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    """The target goes away after each person it is given: five times, and there are two pauses."""
    queue(company)
    monkeypatch.setattr(retry, "PAUSES_SECONDS", (0, 0))
    put = InMemoryStore.put

    def put_and_go_away(store: InMemoryStore, *arguments: Any) -> None:
        put(store, *arguments)
        store.away_after = 0

    monkeypatch.setattr(InMemoryStore, "put", put_and_go_away)
    assert [item[3] for item in company.target.run(EXPORT).items] == ["Exported:1"] * len(PEOPLE)


@pytest.mark.parametrize("run_type", [EXPORT, IMPORT])
def test_cancel_is_heard_during_a_pause(company: Company, monkeypatch: pytest.MonkeyPatch, run_type: RunType) -> None:
    queue(company)
    monkeypatch.setattr(retry, "PAUSES_SECONDS", (3600,))
    monkeypatch.setattr(retry.time, "sleep", lambda seconds: Activity.objects.update(cancel_requested=True))
    company.target.store.times_away = 1
    assert company.target.run(run_type).status == ActivityStatus.CANCELLED
