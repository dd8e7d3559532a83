"""Settings of the file connector: what is declared, and the same as a typed record.

In: checked setting values. Out: FileSettings, whose parts fit each other.
Always: a wrong or contradicting setting is a SettingError naming it.
"""

from dataclasses import dataclass
from enum import StrEnum

from connectors.contract import Setting, SettingType, SettingValues
from connectors.errors import SettingError

FILE_PATH = "File Path"
MODE = "Mode"
OBJECT_TYPE = "Object Type"
OBJECT_TYPE_COLUMN = "Object Type Column"
DELIMITER = "Delimiter"
MULTI_VALUE_DELIMITER = "Multi-Value Delimiter"
ENCODING = "Encoding"
STOP_ON_FIRST_ERROR = "Stop On First Error"

QUOTE = '"'

_DEFAULT_DELIMITER = ","
_DEFAULT_MULTI_VALUE_DELIMITER = "|"
_DEFAULT_ENCODING = "utf-8"


class Mode(StrEnum):
    """Which ways data flows."""

    IMPORT_ONLY = "Import Only"
    EXPORT_ONLY = "Export Only"
    BIDIRECTIONAL = "Bidirectional"


SETTINGS_SCHEMA = (
    Setting(
        FILE_PATH,
        SettingType.STRING,
        "The file, relative to the folder for connector files (JIM_CONNECTOR_FILES) or absolute inside it.",
        "Connectivity",
        required=True,
    ),
    Setting(
        MODE,
        SettingType.DROP_DOWN,
        "Import Only reads the file, Export Only writes it, Bidirectional does both.",
        "Connectivity",
        default=Mode.IMPORT_ONLY.value,
        choices=tuple(mode.value for mode in Mode),
    ),
    Setting(
        OBJECT_TYPE,
        SettingType.STRING,
        "The type of every object in the file, such as person. Either this or Object Type Column.",
        "Schema",
    ),
    Setting(
        OBJECT_TYPE_COLUMN,
        SettingType.STRING,
        "The column that names each row's object type. Either this or Object Type.",
        "Schema",
    ),
    Setting(
        DELIMITER,
        SettingType.STRING,
        "The character between columns; \\t or tab for a tab.",
        "Format",
        default=_DEFAULT_DELIMITER,
    ),
    Setting(
        MULTI_VALUE_DELIMITER,
        SettingType.STRING,
        "What stands between the values of a multi-valued column, inside the column.",
        "Format",
        default=_DEFAULT_MULTI_VALUE_DELIMITER,
    ),
    Setting(
        ENCODING,
        SettingType.STRING,
        "The file's character encoding, such as utf-8, utf-16 or cp1252.",
        "Format",
        default=_DEFAULT_ENCODING,
    ),
    Setting(
        STOP_ON_FIRST_ERROR,
        SettingType.CHECK_BOX,
        "Fail the import at the first row that cannot be read, instead of reporting the row and going on.",
        "Import",
        default=False,
    ),
)


@dataclass(frozen=True, slots=True)
class FileSettings:
    """The settings, typed; exactly one of object_type and object_type_column is set."""

    file_path: str
    mode: Mode
    object_type: str | None
    object_type_column: str | None
    delimiter: str
    multi_value_delimiter: str
    encoding: str
    stop_on_first_error: bool

    @classmethod
    def from_values(cls, values: SettingValues) -> "FileSettings":
        """Raises: SettingError."""
        object_type, object_type_column = _object_types(values)
        delimiter, multi_value_delimiter = _delimiters(values)
        return cls(
            file_path=_file_path(values),
            mode=_mode(values),
            object_type=object_type,
            object_type_column=object_type_column,
            delimiter=delimiter,
            multi_value_delimiter=multi_value_delimiter,
            encoding=_encoding(values),
            stop_on_first_error=bool(values.get(STOP_ON_FIRST_ERROR)),
        )


def mode_of(values: SettingValues) -> Mode | None:
    """The mode alone, for capabilities; None without settings."""
    return _mode(values) if values.get(MODE) else None


def _text(values: SettingValues, name: str) -> str | None:
    value = values.get(name)
    return str(value) if value not in (None, "") else None


def _file_path(values: SettingValues) -> str:
    path = _text(values, FILE_PATH)
    if path is None:
        raise SettingError(FILE_PATH, f"'{FILE_PATH}' is required.")
    return path


def _mode(values: SettingValues) -> Mode:
    try:
        return Mode(_text(values, MODE) or Mode.IMPORT_ONLY)
    except ValueError as exc:
        raise SettingError(MODE, f"'{MODE}' must be one of {', '.join(Mode)}.") from exc


def _object_types(values: SettingValues) -> tuple[str | None, str | None]:
    object_type, column = _text(values, OBJECT_TYPE), _text(values, OBJECT_TYPE_COLUMN)
    if object_type and column:
        raise SettingError(
            OBJECT_TYPE, f"'{OBJECT_TYPE}' and '{OBJECT_TYPE_COLUMN}' are both set; clear the one that does not apply."
        )
    if not object_type and not column:
        raise SettingError(
            OBJECT_TYPE,
            f"Set '{OBJECT_TYPE}' if all rows are of one type, or '{OBJECT_TYPE_COLUMN}' if a column names the type.",
        )
    return object_type, column


def _delimiters(values: SettingValues) -> tuple[str, str]:
    delimiter = _tab(_text(values, DELIMITER) or _DEFAULT_DELIMITER)
    between_values = _tab(_text(values, MULTI_VALUE_DELIMITER) or _DEFAULT_MULTI_VALUE_DELIMITER)
    if len(delimiter) != 1:
        raise SettingError(DELIMITER, f"'{DELIMITER}' must be one character (\\t or tab for a tab), not '{delimiter}'.")
    for name, value in ((DELIMITER, delimiter), (MULTI_VALUE_DELIMITER, between_values)):
        if any(character in value for character in (QUOTE, "\n", "\r", "\0")):
            raise SettingError(name, f"'{name}' cannot be a quotation mark, a line break or NUL.")
    if delimiter == between_values:
        raise SettingError(MULTI_VALUE_DELIMITER, f"'{MULTI_VALUE_DELIMITER}' must differ from '{DELIMITER}'.")
    return delimiter, between_values


def _tab(delimiter: str) -> str:
    return "\t" if delimiter == "\\t" or delimiter.lower() == "tab" else delimiter


def _encoding(values: SettingValues) -> str:
    encoding = _text(values, ENCODING) or _DEFAULT_ENCODING
    try:
        # Both ways: LookupError also for codecs that turn no bytes into text, such as rot13 and hex.
        b"".decode(encoding)
        "".encode(encoding)
    except (LookupError, UnicodeError, ValueError) as exc:
        raise SettingError(
            ENCODING, f"'{ENCODING}' is not a known text encoding: '{encoding}'. Try utf-8, utf-16 or cp1252."
        ) from exc
    return encoding
