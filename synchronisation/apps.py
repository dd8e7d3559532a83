from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class SynchronisationConfig(AppConfig):
    name = "synchronisation"

    def ready(self) -> None:
        from synchronisation.api import errors  # noqa: F401  registers

        post_migrate.connect(_write_definitions, sender=self)


def _write_definitions(using: str, **_: Any) -> None:
    """Connector definitions follow the registry; after a migration back to nothing there is no table for them."""
    from connectors.registry import registered
    from synchronisation.services.definitions import write_definitions

    if "connector_definition" in connections[using].introspection.table_names():
        write_definitions(registered())
