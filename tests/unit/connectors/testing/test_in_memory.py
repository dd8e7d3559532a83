"""The levers of the in-memory store: what tests of the engine rely on."""

from pathlib import Path
from uuid import UUID, uuid4

import pytest

from connectors.contract import (
    Change,
    Environment,
    ExportBatch,
    ExportObject,
    ExportOperation,
    ExportRequest,
    ExportResult,
    ImportRequest,
    ObjectFault,
    SchemaAttribute,
    SchemaObjectType,
)
from connectors.errors import ConfigurationError, SourceError, TransientConnectorError
from connectors.registry import check_settings
from connectors.testing import InMemoryConnector, InMemoryStore

KEY = str(UUID(int=7))


@pytest.fixture
def store():
    person = SchemaObjectType("person", (SchemaAttribute("id", external_id=True), SchemaAttribute("name")))
    store = InMemoryStore((person,))
    for external_id in ("1", "2", "3"):
        store.put("person", external_id, {"id": [external_id], "name": [f"name {external_id}"]})
    return store


def connector(store, **settings):
    name = str(uuid4())
    InMemoryConnector.stores[name] = store
    given = {"Store": name, **{key.replace("_", " "): value for key, value in settings.items()}}
    return InMemoryConnector(check_settings(InMemoryConnector, given), Environment(Path()))


def read(store, settings=(), **request):
    with connector(store, **dict(settings)) as opened:
        batches = list(opened.read(ImportRequest({"person": ["id", "name"]}, **request)))
    return [item for batch in batches for item in batch.objects]


def create(external_id, **values):
    return ExportObject(KEY, ExportOperation.CREATE, "person", "id", external_id, values)


def export(store, *items, **settings):
    with connector(store, **settings) as opened:
        return list(opened.export(ExportRequest({}), [ExportBatch(0, items)]))


def test_target_gives_identifiers_and_the_same_one_when_asked_again(store):
    given = [export(store, create(None, name="new"), Target_Gives_Identifiers=True) for _ in range(2)]
    assert given == [[ExportResult(0, external_ids={KEY: "given-1"})]] * 2
    assert store.objects["person"]["given-1"] == {"id": ("given-1",), "name": ("new",)}


def test_create_without_an_identifier_fails_where_the_target_gives_none(store):
    assert export(store, create(None, name="new")) == [ExportResult(0, {KEY: "The object has no id."})]


def test_named_objects_fail_to_export(store):
    store.failures["9"] = "no licence left"
    assert export(store, create("9")) == [ExportResult(0, {KEY: "no licence left"})]
    assert "9" not in store.objects["person"]


def test_named_objects_cannot_be_read(store):
    store.faults["2"] = ObjectFault("UnhandledError", "garbled")
    assert [item.error for item in read(store)] == [None, store.faults["2"], None]


def test_read_breaks_off_where_told(store):
    store.read_breaks_after = 2
    with pytest.raises(SourceError, match="broke off after 2 objects"):
        read(store, page_size=1)


def test_store_is_away_as_often_as_told(store):
    store.times_away = 1
    with pytest.raises(TransientConnectorError):
        read(store)
    assert len(read(store)) == 3


def test_partial_updates_name_what_changed_only(store):
    position = str(store.position)
    store.put("person", "2", {"name": ["other"]})
    (changed,) = read(store, {"Partial Updates": True}.items(), delta=True, watermark=position)
    assert (changed.change, changed.attributes) == (Change.UPDATE, {"id": ("2",), "name": ("other",)})
    store.put("person", "2", {"id": ["2"]})
    *_, last = read(store, {"Partial Updates": True}.items(), delta=True, watermark=position)
    assert last.attributes == {"id": ("2",)}


def test_forgotten_watermark_asks_for_a_full_import(store):
    store.forgotten = 2
    with pytest.raises(ConfigurationError, match="full import"):
        read(store, delta=True, watermark="1")


@pytest.mark.parametrize("confirms", [True, False])
def test_it_confirms_itself_if_told_to(store, confirms):
    assert connector(store, Confirms_Itself=confirms).self_confirming is confirms
