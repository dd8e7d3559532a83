"""What a connector may raise; nothing else leaves it.

    ConnectorError
    ├── ConfigurationError       an administrator must change something; the run stops
    │   └── SettingError         ... this setting, by name
    ├── SourceError              the store gave something unreadable as a whole; the run stops, nothing applied
    └── TransientConnectorError  the store is away for now; the call is tried again with backoff

One object that cannot be read is no exception: the connector yields it with `ImportObject.error` set.
"""


class ConnectorError(Exception):
    """Base of all; str(error) is a sentence for the administrator that says what to do."""


class ConfigurationError(ConnectorError):
    """Settings, schema or permissions do not fit the store."""


class SettingError(ConfigurationError):
    """One setting is wrong. setting: its name as the connector declares it."""

    def __init__(self, setting: str, message: str) -> None:
        super().__init__(message)
        self.setting = setting


class SourceError(ConnectorError):
    """The store's content cannot be read; position says where (row, byte offset) when known."""

    def __init__(self, message: str, *, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


class TransientConnectorError(ConnectorError):
    """The store did not answer this time."""
