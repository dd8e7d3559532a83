"""Discovering a schema in a store whose every answer the test decides."""

from collections.abc import Iterator
from importlib.metadata import EntryPoint

import pytest

from activities.models import Activity
from activities.recorder import SYSTEM
from connectors.contract import AttributeType, SchemaAttribute, SchemaObjectType
from connectors.errors import ConfigurationError, TransientConnectorError
from connectors.registry import GROUP, find_connectors
from connectors.testing.in_memory import STORE, InMemoryConnector, InMemoryStore
from synchronisation.connecting import capabilities_of, connector_for
from synchronisation.models import Attribute, ConnectedSystem, ConnectorDefinition
from synchronisation.services.connected_systems import validate_settings
from synchronisation.services.definitions import write_definitions
from synchronisation.services.schema import import_schema
from synchronisation.services.setting_values import store_values

pytestmark = pytest.mark.django_db

IN_MEMORY = EntryPoint("memory", "connectors.testing.in_memory:InMemoryConnector", GROUP)
NAME = "schema tests"


def person(*attributes: SchemaAttribute) -> SchemaObjectType:
    return SchemaObjectType("person", attributes)


@pytest.fixture
def store() -> Iterator[InMemoryStore]:
    store = InMemoryStore((person(SchemaAttribute("id", external_id=True), SchemaAttribute("age")),))
    InMemoryConnector.stores[NAME] = store
    yield store
    del InMemoryConnector.stores[NAME]


@pytest.fixture
def system(store: InMemoryStore, monkeypatch: pytest.MonkeyPatch) -> ConnectedSystem:
    registrations = find_connectors([IN_MEMORY])
    monkeypatch.setattr("connectors.registry.registered", lambda: registrations)
    write_definitions(registrations)
    system = ConnectedSystem.objects.create(name="M", connector=ConnectorDefinition.objects.get(key="memory"))
    store_values(system, {STORE: {"string_value": NAME}})
    return system


def attributes() -> dict[str, tuple[str, str, bool, bool]]:
    """Name -> type, plurality, selected, external ID."""
    rows = Attribute.objects.values_list("name", "type", "plurality", "selected", "is_external_id")
    return {name: (kind, plurality, selected, external) for name, kind, plurality, selected, external in rows}


def test_connector_gets_checked_settings_with_their_defaults(system: ConnectedSystem) -> None:
    connector = connector_for(system)
    assert isinstance(connector, InMemoryConnector)
    assert connector.settings[STORE] == NAME
    assert None not in connector.settings.values()
    assert validate_settings(system) is None
    assert capabilities_of(system).delta_import


def test_discovered_type_replaces_the_stored_one_unless_an_administrator_set_it(
    system: ConnectedSystem, store: InMemoryStore
) -> None:
    import_schema(system, SYSTEM)
    Attribute.objects.filter(name="age").update(type_set_by_user=True)
    changed = SchemaAttribute("age", AttributeType.NUMBER, multi_valued=True)
    store.object_types = (person(SchemaAttribute("id", AttributeType.NUMBER), changed),)
    import_schema(system, SYSTEM)
    assert attributes() == {
        "id": ("Text", "SingleValued", True, True),
        "age": ("Text", "SingleValued", False, False),
    }
    Attribute.objects.filter(name="age").update(type_set_by_user=False)
    import_schema(system, SYSTEM)
    assert attributes()["age"][:2] == ("Number", "MultiValued")
    assert "run a full import" in (Activity.objects.latest("created").warning_message or "")


def test_importing_twice_changes_nothing(system: ConnectedSystem) -> None:
    import_schema(system, SYSTEM)
    before = list(Attribute.objects.order_by("pk").values())
    import_schema(system, SYSTEM)
    assert list(Attribute.objects.order_by("pk").values()) == before
    assert Activity.objects.latest("created").message == "The schema has not changed."


def test_store_that_is_away_changes_nothing_and_leaves_a_failed_activity(
    system: ConnectedSystem, store: InMemoryStore
) -> None:
    store.times_away = 5
    with pytest.raises(TransientConnectorError):
        import_schema(system, SYSTEM)
    activity = Activity.objects.get()
    assert (activity.operation_type, activity.status) == ("ImportSchema", "FailedWithError")
    assert (bool(activity.error_message), attributes()) == (True, {})


def test_names_that_differ_in_case_only_are_refused(system: ConnectedSystem, store: InMemoryStore) -> None:
    store.object_types = (person(SchemaAttribute("Mail"), SchemaAttribute("mail")),)
    with pytest.raises(ConfigurationError, match="mail twice"):
        import_schema(system, SYSTEM)
