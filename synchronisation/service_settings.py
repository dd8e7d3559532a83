"""Service settings: which there are, and what they are set to.

In: a setting. Out: its value, as a Python value of its type. Always: read from the database where it is used, so that
a change takes effect without a restart; a stored text that no longer fits counts as not set.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Generic, TypeVar, cast

from django.http import HttpRequest

from jim.api.parsing import format_time_span, parse_int32, parse_time_span
from synchronisation.engine.pages import PAGE_SIZE
from synchronisation.models import ServiceSettingOverride

T = TypeVar("T")


class Category(StrEnum):
    INSTANCE = "Instance"
    SSO = "SSO"
    SYNCHRONISATION = "Synchronisation"
    MAINTENANCE = "Maintenance"
    HISTORY = "History"


class ValueType(StrEnum):
    STRING = "String"
    BOOLEAN = "Boolean"
    INTEGER = "Integer"
    TIME_SPAN = "TimeSpan"


@dataclass(frozen=True, slots=True)
class ServiceSetting(Generic[T]):
    """parse: text to value; raises ValueError, whose text says what to write. read_only: kept by JIM itself."""

    key: str
    display_name: str
    description: str
    category: Category
    value_type: ValueType
    default: str | None
    parse: Callable[[str], T]
    read_only: bool = False


def text_up_to(length: int) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not text.strip() or len(text) > length or "\x00" in text:
            raise ValueError(f"Write 1 to {length} characters.")
        return text.strip()

    return parse


def one_of(*names: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in names:
            raise ValueError(f"Write one of {', '.join(names)}.")
        return text

    return parse


def integer_within(lowest: int, highest: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        try:
            value = parse_int32(text)
        except ValueError:
            value = lowest - 1
        if not lowest <= value <= highest:
            raise ValueError(f"Write a whole number from {lowest} to {highest}.")
        return value

    return parse


def span_within(lowest: timedelta, highest: timedelta) -> Callable[[str], timedelta]:
    def parse(text: str) -> timedelta:
        value = parse_time_span(text)
        if not lowest <= value <= highest:
            raise ValueError(f"Write a duration from {format_time_span(lowest)} to {format_time_span(highest)}.")
        return value

    return parse


INSTANCE_NAME = ServiceSetting(
    "Instance.Name",
    "Instance name",
    "What this installation is called; the heading of the admin pages.",
    Category.INSTANCE,
    ValueType.STRING,
    "JIM",
    text_up_to(100),
)
INSTANCE_ID = ServiceSetting(
    "Instance.Id",
    "Instance id",
    "Tells installations apart; made when the database was.",
    Category.INSTANCE,
    ValueType.STRING,
    None,
    text_up_to(36),
    read_only=True,
)
SEARCH_TIMEOUT = ServiceSetting(
    "Instance.SearchTimeout",
    "Search timeout",
    "How long a search of the metaverse that no index serves may look through all objects.",
    Category.INSTANCE,
    ValueType.TIME_SPAN,
    "00:00:05",
    span_within(timedelta(seconds=1), timedelta(minutes=5)),
)
PARTITION_VALIDATION_MODE = ServiceSetting(
    "Sync.PartitionValidationMode",
    "Partition validation mode",
    "What executing a run profile does when no partition of the connected system is selected: "
    "Error refuses it, Warning starts it and says so.",
    Category.SYNCHRONISATION,
    ValueType.STRING,
    "Warning",
    one_of("Error", "Warning"),
)
SYNC_PAGE_SIZE = ServiceSetting(
    "Sync.PageSize",
    "Page size",
    "Objects that one transaction of a run deals with; less takes less memory and more time.",
    Category.SYNCHRONISATION,
    ValueType.INTEGER,
    str(PAGE_SIZE),
    integer_within(100, 10_000),
)
RETENTION_PERIOD = ServiceSetting(
    "History.RetentionPeriod",
    "Retention period",
    "How long the executions of schedules are kept after they ended.",
    Category.HISTORY,
    ValueType.TIME_SPAN,
    "90.00:00:00",
    span_within(timedelta(days=1), timedelta(days=3650)),
)

SETTINGS: tuple[ServiceSetting[Any], ...] = (
    INSTANCE_NAME,
    INSTANCE_ID,
    SEARCH_TIMEOUT,
    PARTITION_VALIDATION_MODE,
    SYNC_PAGE_SIZE,
    RETENTION_PERIOD,
)
BY_KEY = {setting.key: setting for setting in SETTINGS}


def value_of(setting: ServiceSetting[T]) -> T:
    """What is in force now. One query. Not for a setting that has no default."""
    overridden = override_of(setting)
    return overridden if overridden is not None else setting.parse(cast(str, setting.default))


def override_of(setting: ServiceSetting[T]) -> T | None:
    """What an administrator has set instead of the default, if anything. One query."""
    row = ServiceSettingOverride.objects.filter(pk=setting.key).first()
    if row is None:
        return None
    try:
        return setting.parse(row.value)
    except ValueError:
        return None


def instance_name(request: HttpRequest) -> str:
    """The heading of the admin pages (UNFOLD in jim/settings.py)."""
    return value_of(INSTANCE_NAME)
