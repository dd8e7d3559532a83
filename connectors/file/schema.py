"""Schema: object types and attributes of a file, from its header and the first rows of each type.

In: an open table. Out: object types; each has every column.
Always: a column is another type than Text only if every sampled value prints back exactly as it stands in
the file (`00123` stays Text), and an external ID stays Text; what was sampled is at most SAMPLE_ROWS rows
per type, however long the file.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from connectors.contract import AttributeType, SchemaAttribute, SchemaObjectType
from connectors.errors import ConfigurationError
from connectors.file.settings import FileSettings
from connectors.file.table import Table, column_position, positions_by_name

SAMPLE_ROWS = 50
"""Rows per object type that types are inferred from."""

_SAMPLE_CHARACTERS = 4096
"""Of one cell; keeps the sample of groups with 500,000 members each from taking a gigabyte."""

MOST_OBJECT_TYPES = 100
"""A column with more different values than this names something else than object types."""

_EXTERNAL_ID_NAMES = (
    "objectguid",
    "guid",
    "uuid",
    "externalid",
    "employeeid",
    "employeenumber",
    "personid",
    "personnelnumber",
    "userid",
    "groupid",
    "id",
    "uid",
    "samaccountname",
    "accountname",
    "username",
    "login",
)
"""Column names that usually identify, the most lasting first; compared without case and punctuation."""

_INT32, _INT64 = 2**31, 2**63
_DECIMAL_DIGITS = 38

_INTEGER = re.compile(r"0|-?[1-9][0-9]*")
_DECIMAL = re.compile(r"(?!-0(\.0*)?$)-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{3}|\.[0-9]{6})?(Z|[+-][0-9]{2}:[0-9]{2})?)?"
)
_GUID_LOWER = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_GUID_UPPER = re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")

Rows = Sequence[Sequence[str]]


def discover(table: Table, settings: FileSettings) -> tuple[SchemaObjectType, ...]:
    """Raises: ConfigurationError when the object types cannot be told, SourceError."""
    with table.reading():
        if settings.object_type is not None:
            samples: Mapping[str, Rows] = {settings.object_type: _first_rows(table, settings)}
        else:
            samples = _rows_by_type(table, settings)
    positions = positions_by_name(table.header)
    return tuple(SchemaObjectType(name, _attributes(name, rows, positions, settings)) for name, rows in samples.items())


def _first_rows(table: Table, settings: FileSettings) -> Rows:
    return [_clipped(row, settings) for row in islice(_well_formed(table), SAMPLE_ROWS)]


def _well_formed(table: Table) -> Iterator[list[str]]:
    width = len(table.header)
    return (row for row in table.rows if len(row) == width)


def _clipped(row: Sequence[str], settings: FileSettings) -> list[str]:
    """The row with the first values only of its giant cells: those of a group's members may hold megabytes."""
    between_values = settings.multi_value_delimiter
    return [cell if len(cell) <= _SAMPLE_CHARACTERS else _first_values(cell, between_values) for cell in row]


def _first_values(cell: str, between_values: str) -> str:
    start = cell[:_SAMPLE_CHARACTERS]
    return start.rpartition(between_values)[0] or start


def _rows_by_type(table: Table, settings: FileSettings) -> dict[str, list[list[str]]]:
    """Object type -> its first rows, in order of first appearance. Reads the whole file: a type may come late."""
    column = settings.object_type_column or ""
    position = column_position(table.header, column, table.shown)
    samples: dict[str, list[list[str]]] = {}
    for row in _well_formed(table):
        sample = samples.setdefault(row[position], [])
        if len(sample) < SAMPLE_ROWS:
            sample.append(_clipped(row, settings))
        if len(samples) > MOST_OBJECT_TYPES:
            raise ConfigurationError(
                f"The column '{column}' of '{table.shown}' holds more than {MOST_OBJECT_TYPES} different values, too"
                " many for object types. Correct the setting Object Type Column."
            )
    samples.pop("", None)
    if not samples:
        raise ConfigurationError(
            f"The column '{column}' of '{table.shown}' names no object type yet. Add a row for each type, or use the"
            " setting Object Type."
        )
    return samples


def _attributes(
    object_type: str, rows: Rows, positions: Mapping[str, tuple[int, ...]], settings: FileSettings
) -> tuple[SchemaAttribute, ...]:
    external_id = _external_id(object_type, rows, positions)
    return tuple(
        SchemaAttribute(name, external_id=True)
        if name == external_id
        else _attribute(name, [row[at] for row in rows for at in columns], len(columns) > 1, settings)
        for name, columns in positions.items()
    )


def _attribute(name: str, cells: Sequence[str], repeats: bool, settings: FileSettings) -> SchemaAttribute:
    """repeats: whether several columns have this name."""
    between_values = settings.multi_value_delimiter
    several = repeats or any(between_values in cell for cell in cells)
    values = [value for cell in cells for value in (cell.split(between_values) if several else [cell])]
    return SchemaAttribute(
        name,
        type=infer_type([value for value in values if value]),
        multi_valued=several,
        writable=name != settings.object_type_column,
    )


def _external_id(object_type: str, rows: Rows, positions: Mapping[str, tuple[int, ...]]) -> str | None:
    """The column to recommend: named like an identifier, with a value of its own in every sampled row."""
    by_plain_name = {_plain(name): name for name in reversed(list(positions))}
    for plain_name in (f"{_plain(object_type)}id", *_EXTERNAL_ID_NAMES):
        name = by_plain_name.get(plain_name)
        if name is not None and len(positions[name]) == 1:
            values = [row[positions[name][0]] for row in rows]
            if all(values) and len(set(values)) == len(values):
                return name
    return None


def _plain(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def infer_type(values: Sequence[str]) -> AttributeType:
    """The narrowest type that prints every one of these non-empty values back as it is; Text for none."""
    if not values:
        return AttributeType.TEXT
    for attribute_type, prints_back in _TYPES:
        if prints_back(values):
            return attribute_type
    return AttributeType.TEXT


def _all_match(*patterns: re.Pattern[str]) -> Callable[[Sequence[str]], bool]:
    """Whether one of the patterns fits every value."""
    return lambda values: any(all(map(pattern.fullmatch, values)) for pattern in patterns)


def _integers_within(limit: int) -> Callable[[Sequence[str]], bool]:
    longest = len(f"-{limit}")
    return lambda values: all(
        _INTEGER.fullmatch(value) and len(value) <= longest and -limit <= int(value) < limit for value in values
    )


def _are_decimals(values: Sequence[str]) -> bool:
    return all(_DECIMAL.fullmatch(value) and sum(map(str.isdigit, value)) <= _DECIMAL_DIGITS for value in values)


def _are_date_times(values: Sequence[str]) -> bool:
    return all(_DATE_TIME.fullmatch(value) and _in_the_calendar(value) for value in values)


def _in_the_calendar(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_TYPES: Sequence[tuple[AttributeType, Callable[[Sequence[str]], bool]]] = (
    (AttributeType.NUMBER, _integers_within(_INT32)),
    (AttributeType.LONG_NUMBER, _integers_within(_INT64)),
    (AttributeType.DECIMAL, _are_decimals),
    # Only lower case: that is how a boolean is written back.
    (AttributeType.BOOLEAN, _all_match(re.compile("true|false"))),
    (AttributeType.DATE_TIME, _are_date_times),
    (AttributeType.GUID, _all_match(_GUID_LOWER, _GUID_UPPER)),
)
"""Narrowest first."""
