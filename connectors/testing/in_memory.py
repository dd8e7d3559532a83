"""An in-memory connector: the whole contract on a store that tests fill, read and break.

In: a store under a name, which the setting *Store* gives. Out: what any connector gives.
Always: a store keeps its objects and a numbered log of their changes, from which delta imports go on.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from types import TracebackType
from typing import ClassVar, Self

from connectors.contract import (
    AttributeChange,
    AttributeType,
    Capabilities,
    Change,
    Connector,
    ExportBatch,
    ExportObject,
    ExportOperation,
    ExportRequest,
    ExportResult,
    Given,
    HierarchyNode,
    ImportBatch,
    ImportObject,
    ImportRequest,
    ObjectFault,
    SchemaObjectType,
    Setting,
    SettingType,
    SettingValues,
    Value,
    ValuesChange,
)
from connectors.errors import ConfigurationError, SettingError, SourceError, TransientConnectorError

Attributes = dict[str, tuple[Value, ...]]

STORE = "Store"
PARTIAL_UPDATES = "Partial Updates"
NAMES_VALUES = "Names Added And Removed Values"
PART_SIZE = "Part Size"
HIERARCHY = "Hierarchy"
PARTITIONS = "Partitions"
TARGET_GIVES_IDENTIFIERS = "Target Gives Identifiers"
CONFIRMS_ITSELF = "Confirms Itself"
CHECKS_REFERENCES = "Checks References"

AWAY = "The store is away; try again."


@dataclass(frozen=True, slots=True)
class Logged:
    """One change of the store. changed: the attributes it wrote, with what each gained and lost."""

    number: int
    object_type: str
    external_id: str
    change: Change
    changed: Mapping[str, ValuesChange] = field(default_factory=dict)
    place: str | None = None


@dataclass(slots=True)
class InMemoryStore:
    """What an InMemoryConnector connects to, with levers to make it fail.

    object_types: its schema; the attribute flagged external_id identifies.
    objects: object type -> external ID -> attributes. place_of: (object type, external ID) -> the partition or
    container that the object lies in. hierarchy: these; left out, they are partitions side by side.
    failures: external ID -> why exports of that object fail. faults: external ID -> why it cannot be read.
    times_away: so many of the next operations find the store away. away_after: so many objects are given or taken
    before it goes away, once. read_breaks_after: objects a read gives before it breaks. forgotten: the log is kept only
    above this number.
    """

    object_types: tuple[SchemaObjectType, ...]
    objects: dict[str, dict[str, Attributes]] = field(default_factory=dict)
    place_of: dict[tuple[str, str], str] = field(default_factory=dict)
    hierarchy: tuple[HierarchyNode, ...] = ()
    log: list[Logged] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)
    faults: dict[str, ObjectFault] = field(default_factory=dict)
    times_away: int = 0
    away_after: int | None = None
    read_breaks_after: int | None = None
    forgotten: int = 0
    open_connections: int = 0
    identifiers: dict[str, str] = field(default_factory=dict)
    """Key of an exported create -> identifier given to it, so that sending it again finds the same object."""

    def put(self, object_type: str, external_id: str, attributes: Mapping[str, Sequence[Value]]) -> None:
        """Create an object or change those of its attributes that are named."""
        of_type = self.objects.setdefault(object_type, {})
        change = Change.UPDATE if external_id in of_type else Change.ADD
        known = of_type.setdefault(external_id, {})
        changed = {name: _difference(known.get(name, ()), values) for name, values in attributes.items()}
        known.update({name: tuple(values) for name, values in attributes.items()})
        self._note(object_type, external_id, change, changed)

    def move(self, object_type: str, external_id: str, place: str) -> None:
        """Put an object into a partition or container: gone from the one it was in, new in the other."""
        before = self.place_of.get((object_type, external_id))
        if before is not None:
            self._note(object_type, external_id, Change.DELETE, {})
        self.place_of[object_type, external_id] = place
        self._note(object_type, external_id, Change.ADD, {})

    def remove(self, object_type: str, external_id: str) -> None:
        """Delete an object; nothing happens if there is none."""
        if self.objects.get(object_type, {}).pop(external_id, None) is not None:
            self._note(object_type, external_id, Change.DELETE, {})
            self.place_of.pop((object_type, external_id), None)

    def external_id_attribute(self, object_type: str) -> str:
        found = next(known for known in self.object_types if known.name == object_type)
        return next(attribute.name for attribute in found.attributes if attribute.external_id)

    def wear(self) -> None:
        """One object more was given or taken. Raises: TransientConnectorError when that was too much."""
        if self.away_after == 0:
            self.away_after = None
            raise TransientConnectorError(AWAY)
        if self.away_after is not None:
            self.away_after -= 1

    def _note(self, object_type: str, external_id: str, change: Change, changed: Mapping[str, ValuesChange]) -> None:
        place = self.place_of.get((object_type, external_id))
        self.log.append(Logged(self.position + 1, object_type, external_id, change, changed, place))

    def nodes(self) -> tuple[HierarchyNode, ...]:
        """What there is to select."""
        return self.hierarchy or tuple(HierarchyNode(name, name) for name in sorted(set(self.place_of.values())))

    @property
    def position(self) -> int:
        """Number of the last change; what a watermark holds."""
        return self.log[-1].number if self.log else 0


class InMemoryConnector(Connector):
    """stores: name -> store; tests put theirs in, under a name of their own."""

    name = "In-Memory Connector"
    description = "Keeps its objects in this process; for tests."
    settings_schema = (
        Setting(STORE, SettingType.STRING, "Name of the store.", required=True),
        Setting(PARTIAL_UPDATES, SettingType.CHECK_BOX, "Delta imports name changed attributes only.", default=False),
        Setting(NAMES_VALUES, SettingType.CHECK_BOX, "Partial updates say what was added and removed.", default=False),
        Setting(PART_SIZE, SettingType.INTEGER, "Values of an attribute that come at a time; 0: all.", default=0),
        Setting(HIERARCHY, SettingType.CHECK_BOX, "Objects lie in containers.", default=False),
        Setting(PARTITIONS, SettingType.CHECK_BOX, "Objects lie in partitions.", default=False),
        Setting(TARGET_GIVES_IDENTIFIERS, SettingType.CHECK_BOX, "Creates get their external ID here.", default=False),
        Setting(CONFIRMS_ITSELF, SettingType.CHECK_BOX, "Exports need no confirming import.", default=False),
        Setting(CHECKS_REFERENCES, SettingType.CHECK_BOX, "References must name objects that exist.", default=False),
    )
    stores: ClassVar[dict[str, InMemoryStore]] = {}

    def __enter__(self) -> Self:
        self._store().open_connections += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._store().open_connections -= 1

    @classmethod
    def capabilities(cls, settings: SettingValues) -> Capabilities:
        at_most = not settings
        return Capabilities(
            full_import=True,
            delta_import=True,
            export=True,
            hierarchy=at_most or bool(settings.get(HIERARCHY) or settings.get(PARTITIONS)),
            partitions=at_most or bool(settings.get(PARTITIONS)),
            partial_updates=at_most or bool(settings.get(PARTIAL_UPDATES)),
            checks_references=bool(settings.get(CHECKS_REFERENCES)),
        )

    @property
    def self_confirming(self) -> bool:
        return bool(self.settings.get(CONFIRMS_ITSELF))

    def validate(self) -> None:
        self._reach_store()

    def discover_schema(self) -> Sequence[SchemaObjectType]:
        return self._reach_store().object_types

    def discover_hierarchy(self) -> Sequence[HierarchyNode]:
        if not self.capabilities(self.settings).hierarchy:
            return super().discover_hierarchy()
        return self._reach_store().nodes()

    def read(self, request: ImportRequest) -> Iterator[ImportBatch]:
        store = self._reach_store()
        _check_selected(store, request)
        watermark = str(store.position)
        objects = self._changed_objects(store, request) if request.delta else _all_objects(store, request)
        objects = _in_parts(store, _breaking(objects, store.read_breaks_after), int(self.settings.get(PART_SIZE) or 0))
        total = None if request.delta else sum(map(len, store.objects.values()))
        objects = _wearing(objects, store)
        # The first batch comes even without objects: it carries the watermark.
        yield ImportBatch(list(islice(objects, request.page_size)), watermark, total)
        while page := list(islice(objects, request.page_size)):
            yield ImportBatch(page)

    def export(self, request: ExportRequest, batches: Iterable[ExportBatch]) -> Iterator[ExportResult]:
        store = self._reach_store()
        for batch in batches:
            failures: dict[str, str] = {}
            external_ids: dict[str, str] = {}
            for item in batch.objects:
                store.wear()
                why = self._write(store, item, external_ids)
                if why is not None:
                    failures[item.key] = why
            yield ExportResult(batch.number, failures, external_ids)

    def _store(self) -> InMemoryStore:
        name = str(self.settings.get(STORE))
        if name not in self.stores:
            raise SettingError(STORE, f"There is no store '{name}'. Put one into InMemoryConnector.stores.")
        return self.stores[name]

    def _reach_store(self) -> InMemoryStore:
        store = self._store()
        if store.times_away > 0:
            store.times_away -= 1
            raise TransientConnectorError(AWAY)
        return store

    def _changed_objects(self, store: InMemoryStore, request: ImportRequest) -> Iterator[ImportObject]:
        """What happened after the watermark, in order; an object that changed twice comes twice."""
        after = _position(store, request.watermark)
        is_asked = _scope(store, request)
        for logged in store.log:
            if logged.number > after and is_asked(logged.place):
                yield self._changed_object(store, logged, request)

    def _changed_object(self, store: InMemoryStore, logged: Logged, request: ImportRequest) -> ImportObject:
        """The object as it is now, as the log says it changed; an object deleted since names itself alone."""
        identifier = store.external_id_attribute(logged.object_type)
        attributes = store.objects.get(logged.object_type, {}).get(logged.external_id)
        if logged.change is Change.DELETE or attributes is None:
            return ImportObject(logged.object_type, {identifier: (logged.external_id,)}, change=Change.DELETE)
        selected: Sequence[str] = request.object_types.get(logged.object_type, ())
        given: dict[str, Given] = {name: attributes.get(name, ()) for name in selected}
        if self.settings.get(PARTIAL_UPDATES) and logged.change is Change.UPDATE:
            given = {name: given[name] for name in selected if name == identifier or name in logged.changed}
            if self.settings.get(NAMES_VALUES):
                several = request.multi_valued.get(logged.object_type, frozenset())
                given |= {name: logged.changed[name] for name in given if name in several and name in logged.changed}
        error = store.faults.get(logged.external_id)
        return ImportObject(logged.object_type, given, change=logged.change, error=error)

    def _write(self, store: InMemoryStore, item: ExportObject, external_ids: dict[str, str]) -> str | None:
        """Apply one change; why it failed, or None."""
        external_id = self._identify(store, item, external_ids)
        if external_id is None:
            return f"The object has no {item.external_id_attribute}."
        if external_id in store.failures:
            return store.failures[external_id]
        if item.operation is ExportOperation.DELETE:
            store.remove(item.object_type, external_id)
            return None
        known = store.objects.get(item.object_type, {})
        if item.operation is ExportOperation.UPDATE and external_id not in known:
            return f"{item.object_type} '{external_id}' was not found."
        changed = {name: _changed(known.get(external_id, {}).get(name, ()), c) for name, c in item.changes.items()}
        if self.settings.get(CHECKS_REFERENCES) and (unknown := _unknown_names(store, item)):
            return f"There is no {', '.join(unknown)}."
        if external_id not in known or any(known[external_id].get(name) != values for name, values in changed.items()):
            store.put(item.object_type, external_id, {item.external_id_attribute: (external_id,), **changed})
        return None

    def _identify(self, store: InMemoryStore, item: ExportObject, external_ids: dict[str, str]) -> str | None:
        if item.external_id is not None:
            return item.external_id
        given = item.changes.get(item.external_id_attribute)
        if given is not None and not isinstance(given, ValuesChange):
            return str(given)
        if not self.settings.get(TARGET_GIVES_IDENTIFIERS):
            return None
        external_ids[item.key] = store.identifiers.setdefault(item.key, f"given-{len(store.identifiers) + 1}")
        return external_ids[item.key]


def _unknown_names(store: InMemoryStore, item: ExportObject) -> list[str]:
    """What the export refers to and the store does not have, by external ID or by the secondary one."""
    schema = {
        attribute.name: attribute
        for kind in store.object_types
        for attribute in kind.attributes
        if kind.name == item.object_type
    }
    handles = [a.name for a in schema.values() if a.external_id or a.secondary_external_id]
    known = {
        value
        for of_type in store.objects.values()
        for attributes in of_type.values()
        for name in handles
        for value in attributes.get(name, ())
    }
    return [
        str(value)
        for name, change in item.changes.items()
        if schema[name].type is AttributeType.REFERENCE
        for value in _changed((), change)
        if value not in known
    ]


def _check_selected(store: InMemoryStore, request: ImportRequest) -> None:
    known = {found.name: {attribute.name for attribute in found.attributes} for found in store.object_types}
    for object_type, selected in request.object_types.items():
        missing = [name for name in selected if name not in known.get(object_type, ())]
        if missing:
            raise ConfigurationError(f"The store's {object_type} has no attribute {', '.join(missing)}.")


def _position(store: InMemoryStore, watermark: str | None) -> int:
    if watermark is None or not watermark.isdecimal() or int(watermark) < store.forgotten:
        raise ConfigurationError("The store does not remember that watermark: run a full import first.")
    return int(watermark)


def _scope(store: InMemoryStore, request: ImportRequest) -> Callable[[str | None], bool]:
    """Whether a place is, or lies in, one of the containers asked for or, without any, in the partition."""
    roots = set(request.containers) or {request.partition} - {None}
    if not roots:
        return lambda place: True
    asked = {
        below.external_id for node in _nodes(store.nodes()) if node.external_id in roots for below in _nodes((node,))
    }
    return lambda place: place in asked


def _nodes(hierarchy: Iterable[HierarchyNode]) -> Iterator[HierarchyNode]:
    for node in hierarchy:
        yield node
        yield from _nodes(node.children)


def _all_objects(store: InMemoryStore, request: ImportRequest) -> Iterator[ImportObject]:
    is_asked = _scope(store, request)
    for object_type, of_type in store.objects.items():
        for external_id, attributes in of_type.items():
            if not is_asked(store.place_of.get((object_type, external_id))):
                continue
            selected = request.object_types.get(object_type, ())
            yield ImportObject(
                object_type,
                {name: attributes.get(name, ()) for name in selected},
                error=store.faults.get(external_id),
            )


def _in_parts(store: InMemoryStore, objects: Iterable[ImportObject], size: int) -> Iterator[ImportObject]:
    """Objects with more than so many values of an attribute come in parts, one after the other."""
    for item in objects:
        values = {name: given for name, given in item.attributes.items() if isinstance(given, tuple)}
        longest = max(map(len, values.values()), default=0)
        if not size or longest <= size:
            yield item
            continue
        identifier = store.external_id_attribute(item.object_type)
        yield _part(item, {**item.attributes, **{name: given[:size] for name, given in values.items()}}, 1)
        for number, start in enumerate(range(size, longest, size), 2):
            more = {name: given[start : start + size] for name, given in values.items() if len(given) > start}
            yield _part(item, {identifier: item.attributes[identifier], **more}, number)


def _part(whole: ImportObject, attributes: Mapping[str, Given], number: int) -> ImportObject:
    return ImportObject(whole.object_type, attributes, change=whole.change, error=whole.error, part=number)


def _wearing(objects: Iterator[ImportObject], store: InMemoryStore) -> Iterator[ImportObject]:
    for item in objects:
        store.wear()
        yield item


def _breaking(objects: Iterator[ImportObject], after: int | None) -> Iterator[ImportObject]:
    for count, item in enumerate(objects):
        if count == after:
            raise SourceError(f"The store broke off after {count} objects.", position=count)
        yield item


def _difference(before: Sequence[Value], after: Sequence[Value]) -> ValuesChange:
    return ValuesChange(
        [value for value in after if value not in before], [value for value in before if value not in after]
    )


def _changed(values: tuple[Value, ...], change: AttributeChange) -> tuple[Value, ...]:
    if not isinstance(change, ValuesChange):
        return () if change is None else (change,)
    kept = tuple(value for value in values if value not in change.remove)
    return (*kept, *(value for value in change.add if value not in kept))
