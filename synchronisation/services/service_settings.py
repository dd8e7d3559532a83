"""Override service settings, and take overrides back. What they are stands in `synchronisation.service_settings`."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db import transaction

from activities.models import OperationType, TargetType
from activities.recorder import Initiator, record
from synchronisation.models import ServiceSettingOverride
from synchronisation.service_settings import BY_KEY, SETTINGS, ServiceSetting

from .errors import RefusedError


@dataclass(frozen=True, slots=True)
class SettingState:
    """A setting and the text stored for it, None when there is none."""

    setting: ServiceSetting[object]
    stored: str | None

    @property
    def value(self) -> str | None:
        """What an administrator set."""
        return None if self.setting.read_only else self.stored

    @property
    def effective_value(self) -> str | None:
        return self.setting.default if self.stored is None else self.stored

    @property
    def is_overridden(self) -> bool:
        return self.value is not None


def setting_states() -> list[SettingState]:
    """Every setting. One query."""
    stored: Mapping[str, str] = dict(ServiceSettingOverride.objects.values_list("key", "value"))
    return [SettingState(setting, stored.get(setting.key)) for setting in SETTINGS]


def setting_state(key: str) -> SettingState | None:
    """None when there is no such setting."""
    setting = BY_KEY.get(key)
    if setting is None:
        return None
    stored = ServiceSettingOverride.objects.filter(pk=key).values_list("value", flat=True).first()
    return SettingState(setting, stored)


@transaction.atomic
def override_setting(setting: ServiceSetting[object], text: str, initiator: Initiator) -> None:
    """Raises: RefusedError when it is read-only, or the text is no value of it."""
    _refuse_read_only(setting)
    try:
        setting.parse(text)
    except ValueError as error:
        raise RefusedError({"value": [f"{setting.key}: {error}"]}) from error
    ServiceSettingOverride.objects.update_or_create(key=setting.key, defaults={"value": text.strip()})
    _record(setting, OperationType.UPDATE, initiator, "Changed: value.")


@transaction.atomic
def revert_setting(setting: ServiceSetting[object], initiator: Initiator) -> None:
    """Back to the default. Raises: RefusedError when it is read-only."""
    _refuse_read_only(setting)
    deleted, _ = ServiceSettingOverride.objects.filter(pk=setting.key).delete()
    message = "Its default is in force again." if deleted else "Nothing changed: its default was in force."
    _record(setting, OperationType.REVERT, initiator, message)


def _refuse_read_only(setting: ServiceSetting[object]) -> None:
    if setting.read_only:
        raise RefusedError({"value": [f"{setting.key} is read-only: JIM keeps it itself."]})


def _record(setting: ServiceSetting[object], operation: OperationType, initiator: Initiator, message: str) -> None:
    record(TargetType.SERVICE_SETTING, operation, target_name=setting.key, initiator=initiator, message=message)
