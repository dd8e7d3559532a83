from importlib.metadata import EntryPoint

import pytest

from connectors.registry import GROUP, Registration, find_connectors
from synchronisation.models import ConnectedSystem, ConnectorDefinition, ConnectorSetting
from synchronisation.services.definitions import write_definitions

pytestmark = pytest.mark.django_db

IN_MEMORY = EntryPoint("memory", "connectors.testing.in_memory:InMemoryConnector", GROUP)
WITHOUT_DRIVER = EntryPoint("ldap", "a_driver_that_is_missing:Connector", GROUP)


def rows() -> list[tuple[object, ...]]:
    """Everything that clients see, ids included."""
    settings = ConnectorSetting.objects.order_by("pk").values_list()
    return [*ConnectorDefinition.objects.order_by("pk").values_list(), *settings]


def test_rows_follow_the_registry_and_keep_their_ids() -> None:
    write_definitions(find_connectors([IN_MEMORY]))
    before = rows()
    write_definitions(find_connectors([IN_MEMORY]))
    assert rows() == before
    assert set(ConnectorDefinition.objects.values_list("key", flat=True)) == {"file", "memory"}


def test_definition_says_what_the_connector_can_do_at_most() -> None:
    write_definitions(find_connectors([IN_MEMORY]))
    memory = ConnectorDefinition.objects.get(key="memory")
    assert memory.name == "In-Memory Connector"
    assert {"FullImport", "DeltaImport", "Export", "AutoConfirmExport"} <= set(memory.capabilities)


def test_setting_that_is_no_longer_declared_goes() -> None:
    definition = ConnectorDefinition.objects.get(key="file")
    definition.settings.create(name="Old", type="String")
    write_definitions(find_connectors([]))
    assert not definition.settings.filter(name="Old").exists()


def test_connector_without_its_driver_is_listed_with_what_installs_it() -> None:
    write_definitions(find_connectors([WITHOUT_DRIVER]))
    missing = ConnectorDefinition.objects.get(key="ldap")
    assert (missing.name, missing.capabilities, missing.settings.count()) == ("ldap", [], 0)
    assert "pip install" in (missing.description or "")


@pytest.mark.parametrize(("used", "stays"), [(False, False), (True, True)])
def test_connector_that_is_gone_stays_only_while_a_system_uses_it(used: bool, stays: bool) -> None:
    registrations: dict[str, Registration] = find_connectors([IN_MEMORY])
    write_definitions(registrations)
    if used:
        ConnectedSystem.objects.create(name="Old", connector=ConnectorDefinition.objects.get(key="memory"))
    write_definitions({"file": registrations["file"]})
    assert ConnectorDefinition.objects.filter(key="memory").exists() is stays
