"""From the row of a connected system to its connector.

In: a connected system. Out: a connector with its settings checked, decrypted and completed by defaults, not yet
entered. Always: only `connectors.errors` are raised; nothing is connected to before the connector is entered.
"""

from connectors.contract import Capabilities, Connector, Environment
from connectors.registry import check_settings, connector_class
from jim import conf

from .models import ConnectedSystem
from .services.setting_values import connector_values


def connector_for(system: ConnectedSystem) -> Connector:
    """Raises: ConfigurationError, as SettingError where one setting is wrong."""
    connector = connector_class(system.connector.key)
    settings = check_settings(connector, connector_values(system))
    return connector(settings, Environment(files_root=conf.connector_files()))


def capabilities_of(system: ConnectedSystem) -> Capabilities:
    """What the system can do with its settings or, while these are not valid, what its connector can do at most.

    Raises: ConfigurationError when the connector itself is missing.
    """
    if not system.setting_values_valid:
        return connector_class(system.connector.key).capabilities({})
    connector = connector_for(system)
    return connector.capabilities(connector.settings)
