"""Registry: which connectors this installation has, and whether settings fit one of them.

In: entry points of the group `jim.connectors`, beside the built-in table (a checkout that was never
installed has no entry points). Out: one registration per key; checked setting values.
Always: a connector whose driver is missing is listed with the command that installs it, and never stops
the others; two different connectors under one key are an error.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from connectors.contract import Connector, ConnectorClass, Setting, SettingType, SettingValues
from connectors.errors import ConfigurationError, SettingError

GROUP = "jim.connectors"

_BUILT_IN = (EntryPoint("file", "connectors.file.connector:FileConnector", GROUP),)

_OWN_DISTRIBUTION = "jim"

_INTEGER_LIMIT = 2**31
"""Integer settings are int32 in the REST contract."""

SettingValue = str | int | bool


@dataclass(frozen=True, slots=True)
class Registration:
    """One known connector. Either connector_class is set, or problem says what keeps it from being used."""

    key: str
    target: str
    connector_class: ConnectorClass | None
    problem: str = ""


@cache
def registered() -> Mapping[str, Registration]:
    """Key -> registration of every connector of this installation; looked up once per process."""
    return find_connectors(entry_points(group=GROUP))


def connector_class(key: str) -> ConnectorClass:
    """The class behind a key. Raises: ConfigurationError when it is unknown or its driver is missing."""
    registration = registered().get(key)
    if registration is None:
        raise ConfigurationError(f"There is no connector '{key}'. Known: {', '.join(sorted(registered()))}.")
    if registration.connector_class is None:
        raise ConfigurationError(registration.problem)
    return registration.connector_class


def find_connectors(installed: Iterable[EntryPoint]) -> dict[str, Registration]:
    """Key -> registration, of the built-in connectors and the installed ones.

    Raises: ConfigurationError when a key stands for two different classes. One entry point found twice
    (an editable install beside its build folder) is one connector.
    """
    by_key: dict[str, EntryPoint] = {}
    for point in (*_BUILT_IN, *installed):
        other = by_key.setdefault(point.name, point)
        if other.value != point.value:
            raise ConfigurationError(
                f"Two connectors are called '{point.name}': {_origin(other)} and {_origin(point)}. Uninstall one."
            )
    return {key: _register(point) for key, point in by_key.items()}


def _origin(point: EntryPoint) -> str:
    return f"{point.value} (package {point.dist.name if point.dist else _OWN_DISTRIBUTION})"


def _register(point: EntryPoint) -> Registration:
    try:
        found = point.load()
    except ImportError as exc:
        return _unavailable(
            point, f"needs a driver that is not installed ({exc}). Install it: {_install_command(point)}"
        )
    except AttributeError as exc:
        return _unavailable(point, f"cannot be loaded from {_origin(point)}: {exc}. Install its current version.")
    if not (isinstance(found, type) and issubclass(found, Connector)):
        return _unavailable(
            point, f"is no connector: {_origin(point)} is not a subclass of connectors.contract.Connector."
        )
    return Registration(point.name, point.value, found)


def _unavailable(point: EntryPoint, problem: str) -> Registration:
    return Registration(point.name, point.value, None, f"The connector '{point.name}' {problem}")


def _install_command(point: EntryPoint) -> str:
    """pip's command for a missing driver: our own connectors have an extra each, named like the key."""
    extras = ",".join(point.extras)
    if point.dist is None or point.dist.name == _OWN_DISTRIBUTION:
        return f"pip install '.[{extras or point.name}]'"
    return f"pip install '{point.dist.name}[{extras}]'" if extras else f"pip install '{point.dist.name}'"


def check_settings(connector: ConnectorClass, raw: Mapping[str, Any]) -> SettingValues:
    """Typed values for every declared setting, defaults filled in; None for an optional one that is not set.

    raw: as a client sent them, by name; None and "" mean not set.
    Raises: SettingError naming the setting that is unknown, missing, or of the wrong type.
    """
    declared = {setting.name: setting for setting in connector.settings_schema}
    for name in raw:
        if name not in declared:
            raise SettingError(name, f"{connector.name} has no setting '{name}'. Its settings: {', '.join(declared)}.")
    return {name: _checked(setting, raw.get(name)) for name, setting in declared.items()}


def _checked(setting: Setting, value: Any) -> SettingValue | None:
    if value is None or value == "":
        value = setting.default
    if setting.required and (value is None or (isinstance(value, str) and not value.strip())):
        raise SettingError(setting.name, f"'{setting.name}' is required.")
    return None if value is None else _READERS[setting.type](setting, value)


def _text(setting: Setting, value: Any) -> str:
    if not isinstance(value, str):
        raise SettingError(setting.name, f"'{setting.name}' must be text, not {_kind(value)}.")
    if "\0" in value:
        raise SettingError(setting.name, f"'{setting.name}' holds a NUL character; remove it.")
    return value


def _integer(setting: Setting, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise SettingError(setting.name, f"'{setting.name}' must be a whole number, not {_kind(value)}.")
    if not -_INTEGER_LIMIT <= value < _INTEGER_LIMIT:
        raise SettingError(
            setting.name, f"'{setting.name}' must be between {-_INTEGER_LIMIT} and {_INTEGER_LIMIT - 1}."
        )
    return value


def _check_box(setting: Setting, value: Any) -> bool:
    if not isinstance(value, bool):
        raise SettingError(setting.name, f"'{setting.name}' must be true or false, not {_kind(value)}.")
    return value


def _drop_down(setting: Setting, value: Any) -> str:
    text = _text(setting, value)
    if text not in setting.choices:
        raise SettingError(
            setting.name, f"'{setting.name}' must be one of {', '.join(setting.choices)}, not '{text}' (case counts)."
        )
    return text


def _kind(value: Any) -> str:
    """What was given, by its type alone: the value may be a secret."""
    return {str: "text", bool: "true or false", int: "a number", float: "a number"}.get(
        type(value), type(value).__name__
    )


_READERS: Mapping[SettingType, Callable[[Setting, Any], SettingValue]] = {
    SettingType.STRING: _text,
    SettingType.ENCRYPTED_STRING: _text,
    SettingType.INTEGER: _integer,
    SettingType.CHECK_BOX: _check_box,
    SettingType.DROP_DOWN: _drop_down,
}
