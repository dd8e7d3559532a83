"""What accounts are made to look like: drift, values that are only given at the beginning, and several values."""

from collections.abc import Iterator
from typing import Any

import pytest

from activities.models import RunType
from synchronisation.models import PendingExport
from tests.acceptance.installation import (
    InMemory,
    export_rule,
    identities,
    import_rule,
    in_memory,
    matching_rule,
    memory_connector,
)
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

IMPORT, SYNC, EXPORT = RunType.FULL_IMPORT, RunType.FULL_SYNCHRONISATION, RunType.EXPORT
DELTA_SYNC = RunType.DELTA_SYNCHRONISATION
SYNCHRONISATIONS = [SYNC, DELTA_SYNC]
DRIFT = [("1", "Update", None, "DriftCorrection:1,PendingExportCreated:1")]
OUTFLOWS = {"uid": "Badge", "cn": "Name", "mail": "Mail", "phones": "Phones"}


@pytest.fixture(autouse=True)
def own_queue(memory_connector: None) -> Iterator[None]:
    identities("Badge", "Name", "Mail", "Phones", several=("Phones",))
    yield
    empty_queue()


@pytest.fixture
def hr(own_queue: None) -> InMemory:
    """HR knows Zoë."""
    hr = in_memory("HR", "id", "name", "mail", "phones", several=("phones",))
    import_rule(hr, {"Badge": "id", "Name": "name", "Mail": "mail", "Phones": "phones"}, priority=2)
    hr.put("1", name="Zoë", mail="zoe@hr", phones=("1", "2"))
    return hr


@pytest.fixture
def directory(hr: InMemory) -> InMemory:
    return in_memory("Directory", "uid", "cn", "mail", "phones", several=("phones",))


def flow_in(hr: InMemory, **values: Any) -> None:
    """What HR says is queued. values: what it says of Zoë from now on."""
    if values:
        hr.put("1", **values)
    hr.run(IMPORT)
    hr.run(DELTA_SYNC)


def arrive(directory: InMemory) -> None:
    for kind in (EXPORT, IMPORT, DELTA_SYNC):
        directory.run(kind)


def meddle(directory: InMemory, **values: Any) -> None:
    """Somebody changes Zoë's account, and an import sees it."""
    directory.put("1", **values)
    directory.run(IMPORT)


def queued(directory: InMemory) -> dict[str, Any]:
    """Attribute -> change of the one export that waits; {} without any."""
    names = dict(directory.object_type.attributes.values_list("id", "name"))
    export = PendingExport.objects.first()
    return {names[int(key)]: change for key, change in export.pending.items()} if export else {}


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_what_differs_is_put_back_and_nothing_else(hr: InMemory, directory: InMemory, kind: RunType) -> None:
    export_rule(directory, OUTFLOWS)
    flow_in(hr)
    arrive(directory)
    meddle(directory, mail="meddled@x", phones=("2", "3"))

    assert directory.run(kind).items == DRIFT

    assert queued(directory) == {"mail": "zoe@hr", "phones": {"add": ["1"], "remove": ["3"]}}
    assert directory.run(kind).items == hr.run(SYNC).items == []
    arrive(directory)
    assert directory.objects()["1"] == {"uid": "1", "cn": "Zoë", "mail": "zoe@hr", "phones": ("2", "1")}
    assert directory.run(SYNC).items == []


def test_full_synchronisation_of_the_source_sees_drift_too(hr: InMemory, directory: InMemory) -> None:
    export_rule(directory, OUTFLOWS)
    flow_in(hr)
    arrive(directory)
    meddle(directory, mail=())
    assert hr.run(SYNC).items == [("1", "Update", None, "PendingExportCreated:1")]
    assert queued(directory) == {"mail": "zoe@hr"}


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_what_differs_stays_where_no_rule_enforces(hr: InMemory, directory: InMemory, kind: RunType) -> None:
    export_rule(directory, OUTFLOWS, enforces_state=False)
    flow_in(hr)
    arrive(directory)
    meddle(directory, mail="meddled@x", phones=("3",))

    assert directory.run(kind).items == hr.run(kind).items == []

    flow_in(hr, name="Zoe")
    assert queued(directory) == {"cn": "Zoe"}
    flow_in(hr, phones=("1",))
    assert queued(directory) == {"cn": "Zoe", "phones": {"add": ["1"], "remove": ["3"]}}


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_value_that_the_target_gives_itself_is_no_drift(hr: InMemory, directory: InMemory, kind: RunType) -> None:
    import_rule(directory, {"Mail": "mail"}, projects=False, priority=1)
    export_rule(directory, OUTFLOWS)
    flow_in(hr)
    arrive(directory)
    meddle(directory, mail="own@x")

    assert directory.run(kind).items == [("1", "Update", None, "AttributeFlow:1")]

    assert (queued(directory), hr.run(SYNC).items) == ({}, [])
    meddle(directory, mail=())
    assert directory.run(kind).items == [("1", "Update", None, "AttributeFlow:1,PendingExportCreated:1")]
    assert queued(directory) == {"mail": "zoe@hr"}


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_change_that_waits_or_is_on_its_way_is_no_drift(hr: InMemory, directory: InMemory, kind: RunType) -> None:
    export_rule(directory, OUTFLOWS)
    flow_in(hr)
    arrive(directory)
    flow_in(hr, mail="new@hr")
    assert directory.run(kind).items == []
    directory.run(EXPORT)
    assert directory.run(kind).items == []
    assert list(PendingExport.objects.values_list("status", flat=True)) == ["Exported"]


@pytest.mark.parametrize("kind", SYNCHRONISATIONS)
def test_initial_value_is_given_once(hr: InMemory, directory: InMemory, kind: RunType) -> None:
    export_rule(directory, OUTFLOWS, initial=("mail", "phones"))
    flow_in(hr)
    flow_in(hr, mail="new@hr")
    assert queued(directory)["mail"] == "new@hr", "it follows while nothing has left"
    arrive(directory)

    hr.put("1", mail="newer@hr", phones=("1",))
    hr.run(IMPORT)
    assert hr.run(kind).items == [("1", "Update", None, "AttributeFlow:2")]

    meddle(directory, mail=(), phones=())
    assert directory.run(kind).items == []
    assert directory.objects()["1"] == {"uid": "1", "cn": "Zoë"}


def test_account_that_was_there_before_gets_no_initial_value(hr: InMemory, directory: InMemory) -> None:
    matching_rule(directory, "cn", "Name")
    export_rule(directory, OUTFLOWS, initial=("mail",))
    directory.put("1", cn="Zoë", mail="own@x")
    directory.run(IMPORT)
    directory.run(SYNC)

    flow_in(hr)

    assert queued(directory) == {"phones": {"add": ["1", "2"], "remove": []}}


def test_one_value_more_or_less_is_one_value_sent(hr: InMemory, directory: InMemory) -> None:
    export_rule(directory, OUTFLOWS)
    flow_in(hr)
    arrive(directory)
    flow_in(hr, phones=("1", "2", "3"))
    assert queued(directory) == {"phones": {"add": ["3"], "remove": []}}
    flow_in(hr, phones=("3",))
    assert queued(directory) == {"phones": {"add": ["3"], "remove": ["1", "2"]}}
    flow_in(hr, phones=())
    assert queued(directory) == {"phones": {"add": [], "remove": ["1", "2"]}}
    arrive(directory)
    assert directory.objects()["1"] == {"uid": "1", "cn": "Zoë", "mail": "zoe@hr"}
