"""Setting values of a connected system: from what a client sends to rows, and from rows to what a connector takes.

Always: a secret is encrypted on its way in and leaves only towards the connector.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from synchronisation.models import ConnectedSystem, ConnectorSetting, SettingType, SettingValue
from synchronisation.secrets import decrypt, encrypt

from .errors import RefusedError

FIELD_OF_TYPE = {
    SettingType.STRING: "string_value",
    SettingType.ENCRYPTED_STRING: "string_value",
    SettingType.DROP_DOWN: "string_value",
    SettingType.INTEGER: "int_value",
    SettingType.CHECK_BOX: "checkbox_value",
}
SPOKEN = {"string_value": "stringValue", "int_value": "intValue", "checkbox_value": "checkboxValue"}

Scalar = str | int | bool | None


@dataclass(frozen=True, slots=True)
class StoredSetting:
    """A declared setting with its value in one system. value: None when nothing is stored, and for secrets."""

    setting: ConnectorSetting
    value: Scalar
    is_set: bool


def stored_settings(system: ConnectedSystem) -> list[StoredSetting]:
    """Every setting the connector declares, in its order, with what this system has stored. Two queries."""
    rows = {row.setting_id: row for row in system.setting_values.all()}
    return [_stored(setting, rows.get(setting.pk)) for setting in system.connector.settings.all()]


def _stored(setting: ConnectorSetting, row: SettingValue | None) -> StoredSetting:
    if row is None:
        return StoredSetting(setting, None, False)
    if setting.type == SettingType.ENCRYPTED_STRING:
        return StoredSetting(setting, None, row.encrypted_value is not None)
    value = getattr(row, FIELD_OF_TYPE[SettingType(setting.type)])
    return StoredSetting(setting, value, value is not None)


def connector_values(system: ConnectedSystem) -> dict[str, Scalar]:
    """Setting name -> value, secrets decrypted, as the connector takes them; nothing stored is left out.

    Raises: SecretError.
    """
    values: dict[str, Scalar] = {}
    for row in system.setting_values.select_related("setting"):
        value = _plain_value(row)
        if value is not None:
            values[row.setting.name] = value
    return values


def _plain_value(row: SettingValue) -> Scalar:
    if row.setting.type == SettingType.ENCRYPTED_STRING:
        return None if row.encrypted_value is None else decrypt(bytes(row.encrypted_value))
    return getattr(row, FIELD_OF_TYPE[SettingType(row.setting.type)])  # type: ignore[no-any-return]


def store_values(system: ConnectedSystem, given: Mapping[str, Mapping[str, Any]]) -> None:
    """given: setting id or name -> the fields sent for it; settings it does not name keep their values.

    Call in a transaction. Raises: RefusedError naming each setting as it was sent.
    """
    problems: dict[str, list[str]] = {}
    rows = []
    settings = _by_id_and_name(system.connector.settings.all())
    for key, fields in given.items():
        setting = settings.get(key) or settings.get(key.casefold())
        problem = "The connector has no such setting." if setting is None else _problem(setting, fields)
        if problem is not None:
            problems[f"setting_values.{key}"] = [problem]
        elif setting is not None:
            rows.append(_row(system, setting, fields))
    if problems:
        raise RefusedError(problems)
    SettingValue.objects.bulk_create(
        {row.setting_id: row for row in rows}.values(),
        update_conflicts=True,
        unique_fields=["system", "setting"],
        update_fields=["string_value", "int_value", "checkbox_value", "encrypted_value"],
    )


def _by_id_and_name(settings: Iterable[ConnectorSetting]) -> dict[str, ConnectorSetting]:
    by_key: dict[str, ConnectorSetting] = {}
    for setting in settings:
        by_key[str(setting.pk)] = by_key[setting.name.casefold()] = setting
    return by_key


def _problem(setting: ConnectorSetting, fields: Mapping[str, Any]) -> str | None:
    """Why these fields cannot be the setting's value."""
    field = FIELD_OF_TYPE[SettingType(setting.type)]
    if field not in fields or any(fields[other] is not None for other in fields if other != field):
        return f"{setting.name} is of type {setting.type}: send {SPOKEN[field]} and nothing else."
    value, choices = fields[field], setting.drop_down_values or []
    if setting.type == SettingType.DROP_DOWN and value and choices and value not in choices:
        return f"{setting.name} must be one of {', '.join(choices)}."
    return None


def _row(system: ConnectedSystem, setting: ConnectorSetting, fields: Mapping[str, Any]) -> SettingValue:
    """Empty text is no value."""
    row = SettingValue(system=system, setting=setting)
    field = FIELD_OF_TYPE[SettingType(setting.type)]
    value = None if fields[field] == "" else fields[field]
    if setting.type == SettingType.ENCRYPTED_STRING:
        row.encrypted_value = None if value is None else encrypt(value)
    else:
        setattr(row, field, value)
    return row
