"""The connector contract: what the engine asks of the code that talks to one kind of store.

In: setting values (checked, secrets decrypted) and requests. Out: schema, objects, export results.
Always: a connector knows no model and no database of ours, raises only `connectors.errors`, and
streams; nothing here holds a whole store in memory.

A connector is a context manager around its connection:

    with FileConnector(settings, environment) as connector:
        for batch in connector.read(request): ...
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import ClassVar, Self
from uuid import UUID

from msgspec import Struct

Value = str | int | bool | Decimal | datetime | UUID | bytes
"""One attribute value on its way in or out.

A connector may yield text for any type: the engine coerces it to the schema's type. On export it gets
the Python type of the attribute (references as the text its store uses).
"""


@dataclass(frozen=True, slots=True)
class ValuesChange:
    """What a multi-valued attribute gains and loses."""

    add: Sequence[Value] = ()
    remove: Sequence[Value] = ()


Given = Value | Sequence[Value] | ValuesChange
"""What an import gives for one attribute: a value, or a sequence of values. Empty text and empty bytes are no value.

Of a multi-valued attribute a partial update may give what it gained and lost instead.
"""


def values_of(given: Given | None) -> Sequence[Value]:
    """What was given for an attribute as a sequence; None stands for an attribute that was left out."""
    if given is None:
        return ()
    if isinstance(given, (str, bytes)):
        return (given,)
    if isinstance(given, ValuesChange):
        raise TypeError("only partial updates give values as added and removed: see Capabilities.partial_updates")
    return given if isinstance(given, (list, tuple, Sequence)) else (given,)


class Row(Mapping[str, Given]):
    """Attributes of an object that its store gives as a row: fields, under names that all rows of its type share.

    As good as a dictionary. Where the names are those that the import asked for, in that order, the engine takes the
    fields as they lie, which saves a fifth of what an object costs.
    """

    __slots__ = ("fields", "names")

    def __init__(self, names: tuple[str, ...], fields: Sequence[Given]) -> None:
        self.names = names
        self.fields = fields

    def __getitem__(self, name: str) -> Given:
        try:
            return self.fields[self.names.index(name)]
        except ValueError:
            raise KeyError(name) from None

    def __iter__(self) -> Iterator[str]:
        return iter(self.names)

    def __len__(self) -> int:
        return len(self.names)

    def __repr__(self) -> str:
        return repr(dict(self))


class AttributeType(StrEnum):
    """Data type of an attribute (contract: AttributeDataType)."""

    TEXT = "Text"
    NUMBER = "Number"
    LONG_NUMBER = "LongNumber"
    DECIMAL = "Decimal"
    DATE_TIME = "DateTime"
    BOOLEAN = "Boolean"
    GUID = "Guid"
    REFERENCE = "Reference"
    BINARY = "Binary"


class SettingType(StrEnum):
    """How a setting is entered (contract: ConnectorSettingType)."""

    STRING = "String"
    ENCRYPTED_STRING = "EncryptedString"
    INTEGER = "Integer"
    CHECK_BOX = "CheckBox"
    DROP_DOWN = "DropDown"


@dataclass(frozen=True, slots=True)
class Setting:
    """One typed setting a connector declares; `default` is a str, an int, a bool or None by `type`."""

    name: str
    type: SettingType
    description: str = ""
    category: str = ""
    required: bool = False
    default: str | int | bool | None = None
    choices: tuple[str, ...] = ()


SettingValues = Mapping[str, str | int | bool | None]
"""Setting name -> value, defaults filled in. An absent optional setting is None."""


@dataclass(frozen=True, slots=True)
class Environment:
    """What the installation allows a connector, whatever its settings say.

    files_root: the only folder file connectors may touch (JIM_CONNECTOR_FILES).
    """

    files_root: Path


class Durability(StrEnum):
    """When an export result is yielded: with its batch, or only once the whole export has closed."""

    PER_BATCH = "PerBatch"
    AT_CLOSE = "AtClose"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What the engine asks instead of `isinstance`; names follow the contract's ConnectorCapability."""

    full_import: bool = False
    delta_import: bool = False
    export: bool = False
    hierarchy: bool = False
    partitions: bool = False
    container_creation: bool = False
    parallel_export: bool = False
    partial_updates: bool = False
    """Of an object that a delta import gives as UPDATE, or UNSPECIFIED, attributes that are not named stay as they are,
    and values may come as a `ValuesChange`. ADD gives it whole, as full imports do."""
    checks_references: bool = False
    """The store refuses a reference to an object that it does not have: such values follow once it does."""
    durable: Durability = Durability.PER_BATCH


@dataclass(frozen=True, slots=True)
class SchemaAttribute:
    """One discovered attribute.

    description: shown to the administrator. class_name: the store's class it comes from, where it has such.
    """

    name: str
    type: AttributeType = AttributeType.TEXT
    multi_valued: bool = False
    writable: bool = True
    external_id: bool = False
    """The connector recommends it as the external ID; the administrator decides."""
    secondary_external_id: bool = False
    description: str = ""
    class_name: str = ""


@dataclass(frozen=True, slots=True)
class SchemaObjectType:
    name: str
    attributes: tuple[SchemaAttribute, ...]


@dataclass(frozen=True, slots=True)
class HierarchyNode:
    """A partition (at the top) or a container (below one); in a store without partitions all are containers.

    hidden: of the store's own, and not shown to administrators unless they ask for it.
    """

    external_id: str
    name: str
    children: tuple["HierarchyNode", ...] = ()
    hidden: bool = False
    description: str = ""


class Change(StrEnum):
    """What the store says happened to an object; a full import leaves it UNSPECIFIED."""

    UNSPECIFIED = "Unspecified"
    ADD = "Add"
    UPDATE = "Update"
    DELETE = "Delete"


class ImportObject(Struct, gc=False):
    """One object as the store gave it. A struct, which is made in half the time: millions are made.

    attributes: attribute name, in the spelling of the schema -> its value or values; a dictionary, or a `Row`.
    Unselected ones may be left out.
    row: where it stands in the source (line number of a file), for messages; 0 when there is no such place.
    part: a very large object may come in parts, numbered from 1, in order and in any batches; 0 is an object that comes
    alone. Each names the external ID; those after the first name multi-valued attributes with more of their values.
    error: set when the connector could not read this one object; the engine makes it an item.
    """

    object_type: str
    attributes: Mapping[str, Given]
    row: int = 0
    change: Change = Change.UNSPECIFIED
    error: "ObjectFault | None" = None
    part: int = 0


@dataclass(frozen=True, slots=True)
class ObjectFault:
    """Why one object cannot be taken: an execution item error type and a sentence for the administrator."""

    error_type: str
    message: str


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What one run wants to read.

    object_types: type name -> names of the selected attributes, in schema order.
    multi_valued: type name -> those of them that hold several values; the others are never split.
    partition: the one to read; None where the store has none. containers: of it, each with everything below it; none:
    all of it. None lies in another.
    page_size: objects per yielded batch, at most.
    watermark: the position an earlier import stored; None for a full import.
    """

    object_types: Mapping[str, Sequence[str]]
    multi_valued: Mapping[str, frozenset[str]] = field(default_factory=dict)
    delta: bool = False
    partition: str | None = None
    containers: Sequence[str] = ()
    watermark: str | None = None
    page_size: int = 5000
    file_path: str | None = None
    """The run profile's file path, which overrides the connector's own for this run."""


@dataclass(frozen=True, slots=True)
class ImportBatch:
    """Up to page_size objects; the first batch carries the watermark of the position before reading began."""

    objects: Sequence[ImportObject]
    watermark: str | None = None
    total: int | None = None
    """How many objects the whole read will give, when the store knows; an estimate is welcome."""


class ExportOperation(StrEnum):
    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


AttributeChange = Value | ValuesChange | None
"""One attribute's part of an export: its new and only value, None to clear it, or what a multi-valued one gains and
loses. No object around a single value: one takes 0.75 us to make, and a create has ten or more."""


@dataclass(slots=True)
class ExportObject:
    """One change to make in the target. Plain and mutable for speed: millions are made.

    key: ours, a UUID as text, comes back in the result. external_id: None for a create whose target gives the
    identifier. external_id_attribute: name of the external ID attribute of this type. changes: by attribute name.
    """

    key: str
    operation: ExportOperation
    object_type: str
    external_id_attribute: str
    external_id: str | None
    changes: Mapping[str, AttributeChange] = field(default_factory=dict)
    secondary_external_id: str | None = None


@dataclass(frozen=True, slots=True)
class ExportBatch:
    """Objects sent together. number: dense from 0, in the order sent."""

    number: int
    objects: Sequence[ExportObject]


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What the whole export runs on.

    object_types: type name -> all attribute names of its schema in schema order (a new file's header).
    multi_valued: type name -> those of them that hold several values.
    """

    object_types: Mapping[str, Sequence[str]]
    multi_valued: Mapping[str, frozenset[str]] = field(default_factory=dict)
    partition: str | None = None
    file_path: str | None = None


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What became of one batch, given only when it is durable in the target.

    Every object of the batch that `failures` does not name succeeded. external_ids: key -> identifier the
    target gave a created object, where it differs from what was sent.
    """

    number: int
    failures: Mapping[str, str] = field(default_factory=dict)
    external_ids: Mapping[str, str] = field(default_factory=dict)


class Connector:
    """Base of every connector. Subclasses override what their capabilities declare."""

    name: ClassVar[str]
    """Shown to administrators: "JIM File Connector"."""
    description: ClassVar[str] = ""
    url: ClassVar[str | None] = None
    settings_schema: ClassVar[tuple[Setting, ...]] = ()

    def __init__(self, settings: SettingValues, environment: Environment) -> None:
        self.settings = settings
        self.environment = environment

    def __enter__(self) -> Self:
        """Open the connection. Raises: ConfigurationError, TransientConnectorError."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the connection, on errors too."""

    @classmethod
    def capabilities(cls, settings: SettingValues) -> Capabilities:
        """What a system with these settings can do; with no settings, what the connector can do at most."""
        raise NotImplementedError

    @property
    def self_confirming(self) -> bool:
        """Whether a successful export is its own confirmation, so that no confirming import is needed."""
        return False

    def validate(self) -> None:
        """Check the settings without changing anything. Raises: ConfigurationError."""

    def discover_schema(self) -> Sequence[SchemaObjectType]:
        """The store's object types. Raises: ConfigurationError, TransientConnectorError, SourceError."""
        raise NotImplementedError

    def discover_hierarchy(self) -> Sequence[HierarchyNode]:
        """Partitions with their containers; only with the hierarchy capability."""
        raise NotImplementedError

    def read(self, request: ImportRequest) -> Iterator[ImportBatch]:
        """Stream the store's objects. Raises: ConfigurationError, TransientConnectorError, SourceError."""
        raise NotImplementedError

    def export(self, request: ExportRequest, batches: Iterable[ExportBatch]) -> Iterator[ExportResult]:
        """Write changes; results may lag behind the batches, in their order.

        "Already exists", "already gone" and "already so" are success when the object is the one meant
        (engine.md section 6). Raises: ConfigurationError, TransientConnectorError, SourceError.
        """
        raise NotImplementedError


ConnectorClass = type[Connector]
