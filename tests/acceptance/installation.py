"""Connected systems, rules and runs in a few words, made without the API.

A system lives in a CSV file or in memory; rules name attributes by name, expressions begin with "=". `run` queues a
run as the API does and carries it out in this process; `Ended` is what the activity and its items say.
"""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from activities.models import Activity, ActivityProgress, ExecutionItem, RunType
from activities.recorder import SYSTEM, Initiator
from connectors import registry
from connectors.contract import AttributeType, SchemaAttribute, SchemaObjectType, Value
from connectors.testing import InMemoryConnector, InMemoryStore
from synchronisation import tasks
from synchronisation.models import (
    Attribute,
    ComparisonType,
    ConnectedSystem,
    ConnectorDefinition,
    Direction,
    MatchingRule,
    MetaverseAttribute,
    MetaverseObjectType,
    ObjectType,
    OutOfScopeAction,
    Partition,
    Plurality,
    RunProfile,
    ScopingGroupType,
    SettingValue,
    SyncRule,
    SyncRuleMapping,
)
from synchronisation.services.definitions import write_definitions
from synchronisation.services.runs import start_run

TEXT = AttributeType.TEXT
PERSON = "person"

COLUMN_OF_VALUE = {bool: "checkbox_value", int: "int_value", str: "string_value"}

Row = Mapping[str, str]
Scope = tuple[str, str]
"""(attribute, the text it equals): whom a rule takes."""

ItemSummary = tuple[str | None, str, str | None, str | None]
"""(external ID, change type, error type, outcome summary) of an item."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended. items: in the order of their ordinals."""

    activity: Activity
    counters: dict[str, int]
    items: list[ItemSummary]

    @property
    def status(self) -> str:
        return self.activity.status

    @property
    def errors(self) -> list[tuple[str | None, str | None, str | None]]:
        """(external ID, error type, message) of the items that have an error."""
        items = ExecutionItem.objects.filter(activity=self.activity, error_type__isnull=False).order_by("ordinal")
        return list(items.values_list("external_id", "error_type", "error_message"))


@dataclass(frozen=True, slots=True)
class Connected:
    """An object type of a connected system: `person`, which is all that most have."""

    system: ConnectedSystem
    object_type: ObjectType

    def attribute(self, name: str) -> Attribute:
        return self.object_type.attributes.get(name=name)

    def profile(self, run_type: RunType, *, partition: Partition | None = None, page_size: int = 100) -> RunProfile:
        name = run_type.value if partition is None else f"{run_type.value} of {partition}"
        profile, _ = RunProfile.objects.update_or_create(
            system=self.system, name=name, run_type=run_type, defaults={"partition": partition, "page_size": page_size}
        )
        return profile

    def run(
        self,
        run_type: RunType,
        *,
        initiator: Initiator = SYSTEM,
        ignore_deletion_threshold: bool = False,
        partition: Partition | None = None,
        page_size: int = 100,
    ) -> Ended:
        profile = self.profile(run_type, partition=partition, page_size=page_size)
        started = start_run(profile, initiator=initiator, ignore_deletion_threshold=ignore_deletion_threshold)
        tasks.run(str(started.activity.pk))
        return ended(started.activity)


@dataclass(frozen=True, slots=True)
class InFile(Connected):
    """columns: of its file, the external ID first."""

    path: Path
    columns: tuple[str, ...]

    def write(self, *rows: Row) -> None:
        with self.path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, self.columns, restval="")
            writer.writeheader()
            writer.writerows(rows)

    def rows(self) -> list[dict[str, str]]:
        with self.path.open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))


@dataclass(frozen=True, slots=True)
class InMemory(Connected):
    store: InMemoryStore

    def put(self, external_id: str, **attributes: Value | Sequence[Value]) -> None:
        identifier = self.store.external_id_attribute(self.object_type.name)
        values = {identifier: (external_id,)} | {
            name: (value,) if isinstance(value, str | int | bytes) else tuple(value)  # type: ignore[arg-type]
            for name, value in attributes.items()
        }
        self.store.put(self.object_type.name, external_id, values)

    def remove(self, external_id: str) -> None:
        self.store.remove(self.object_type.name, external_id)

    def objects(self) -> dict[str, dict[str, Any]]:
        """External ID -> attributes that have a value, tuples of one as that one."""
        return {
            external_id: {name: v[0] if len(v) == 1 else v for name, v in attributes.items() if v}
            for external_id, attributes in self.store.objects.get(self.object_type.name, {}).items()
        }


def ended(activity: Activity) -> Ended:
    activity.refresh_from_db()
    items = ExecutionItem.objects.filter(activity=activity).order_by("ordinal")
    columns = items.values_list("ordinal", "external_id", "change_type", "error_type", "outcome_summary")
    progress = ActivityProgress.objects.get(activity=activity)
    assert [ordinal for ordinal, *_ in columns] == list(range(progress.item_count))
    return Ended(activity, progress.counters, [tuple(rest) for _, *rest in columns])  # type: ignore[misc]


def in_file(
    folder: Path,
    name: str,
    *columns: str,
    mode: str = "Bidirectional",
    types: Mapping[str, AttributeType] | None = None,
    several: Sequence[str] = (),
    secondary: str | None = None,
) -> InFile:
    """A system on `folder/name.csv`, which has its header. The first column is the external ID."""
    settings = {"File Path": f"{name}.csv", "Mode": mode, "Object Type": PERSON}
    system = _system("file", name, settings)
    object_type = _object_type(system, PERSON, columns, types or {}, several, secondary)
    found = InFile(system, object_type, folder / f"{name}.csv", columns)
    found.write()
    return found


def in_memory(
    name: str,
    *attributes: str,
    kind: str = PERSON,
    types: Mapping[str, AttributeType] | None = None,
    several: Sequence[str] = (),
    secondary: str | None = None,
    **settings: bool | int,
) -> InMemory:
    """A system in memory, or one type more of the one of that name. kind: the type's name.

    settings: check boxes and numbers of the connector, an underscore for a space.
    """
    system = ConnectedSystem.objects.filter(name=name).first()
    if system is None:
        values = {"Store": name} | {setting.replace("_", " "): value for setting, value in settings.items()}
        system = _system("memory", name, values)
        InMemoryConnector.stores[name] = InMemoryStore(())
    object_type = _object_type(system, kind, attributes, types or {}, several, secondary)
    schema = tuple(
        SchemaAttribute(
            attribute,
            (types or {}).get(attribute, TEXT),
            external_id=attribute == attributes[0],
            secondary_external_id=attribute == secondary,
            multi_valued=attribute in several,
        )
        for attribute in attributes
    )
    store = InMemoryConnector.stores[name]
    store.object_types += (SchemaObjectType(kind, schema),)
    return InMemory(system, object_type, store)


@pytest.fixture
def memory_connector(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[None]:
    """The in-memory connector is one of this installation's."""
    use_memory_connector(monkeypatch)
    yield
    InMemoryConnector.stores.clear()


def use_memory_connector(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the fixture does, for tests that need no transactions of their own."""
    target = f"{InMemoryConnector.__module__}:{InMemoryConnector.__qualname__}"
    own = {"memory": registry.Registration("memory", target, InMemoryConnector)}
    known = {**registry.registered(), **own}
    monkeypatch.setattr(registry, "registered", lambda: known)
    write_definitions(known)


def _system(connector: str, name: str, values: Mapping[str, str | int]) -> ConnectedSystem:
    definition = ConnectorDefinition.objects.get(key=connector)
    system = ConnectedSystem.objects.create(name=name, connector=definition, setting_values_valid=True)
    for setting in definition.settings.filter(name__in=values):
        value = values[setting.name]
        column = COLUMN_OF_VALUE[type(value)]
        SettingValue.objects.create(system=system, setting=setting, **{column: value})
    return system


def _object_type(
    system: ConnectedSystem,
    kind: str,
    names: Sequence[str],
    types: Mapping[str, AttributeType],
    several: Sequence[str],
    secondary: str | None,
) -> ObjectType:
    object_type = ObjectType.objects.create(system=system, name=kind, selected=True)
    Attribute.objects.bulk_create(
        Attribute(
            object_type=object_type,
            name=name,
            type=types.get(name, TEXT),
            plurality=_plurality(name in several),
            selected=True,
            is_external_id=name == names[0],
            is_secondary_external_id=name == secondary,
        )
        for name in names
    )
    return object_type


def _plurality(several: bool) -> Plurality:
    return Plurality.MULTI_VALUED if several else Plurality.SINGLE_VALUED


def identities(
    *attributes: str,
    kind: str = PERSON,
    several: Sequence[str] = (),
    types: Mapping[str, AttributeType] | None = None,
    **fields: Any,
) -> MetaverseObjectType:
    """A metaverse type with these attributes. fields: of the type, such as its deletion rule."""
    found, _ = MetaverseObjectType.objects.update_or_create(name=kind, defaults={"plural_name": "people", **fields})
    for name in attributes:
        defaults = {"name": name, "type": (types or {}).get(name, TEXT), "plurality": _plurality(name in several)}
        attribute, _ = MetaverseAttribute.objects.update_or_create(name__iexact=name, defaults=defaults)
        attribute.object_types.add(found)
    return found


def import_rule(
    connected: Connected,
    flows: Mapping[str, str],
    *,
    projects: bool = True,
    priority: int = 1,
    scope: Scope | None = None,
    retains_join: bool = False,
    nulls: Sequence[str] = (),
) -> SyncRule:
    """flows: metaverse attribute -> attribute or expression. priority: of all its mappings.

    nulls: metaverse attributes of which no value is a value.
    """
    action = OutOfScopeAction.REMAIN_JOINED if retains_join else OutOfScopeAction.DISCONNECT
    rule = _rule(connected, Direction.IMPORT, project_to_metaverse=projects, inbound_out_of_scope_action=action)
    if scope is not None:
        _limit(rule, scope, attribute=connected.attribute(scope[0]))
    for target, source in flows.items():
        mapping = rule.mappings.create(
            target_metaverse_attribute=_metaverse(target), priority=priority, null_is_value=target in nulls
        )
        _add_source(mapping, source, attribute=lambda name: {"attribute": connected.attribute(name)})
    return rule


def export_rule(
    connected: Connected,
    flows: Mapping[str, str],
    *,
    deletes: bool = False,
    provisions: bool = True,
    enforces_state: bool = True,
    scope: Scope | None = None,
    initial: Sequence[str] = (),
) -> SyncRule:
    """flows: attribute -> metaverse attribute or expression. initial: those written into new objects only."""
    rule = _rule(
        connected,
        Direction.EXPORT,
        provision_to_connected_system=provisions,
        enforce_state=enforces_state,
        outbound_deprovision_action="Delete" if deletes else "Disconnect",
    )
    if scope is not None:
        _limit(rule, scope, metaverse_attribute=_metaverse(scope[0]))
    for target, source in flows.items():
        mapping = rule.mappings.create(target_attribute=connected.attribute(target), initial_only=target in initial)
        _add_source(mapping, source, attribute=lambda name: {"metaverse_attribute": _metaverse(name)})
    return rule


def _rule(connected: Connected, direction: Direction, **fields: Any) -> SyncRule:
    """Between types of the same name."""
    kind = connected.object_type.name
    name = f"{connected.system.name} {direction}"
    return SyncRule.objects.create(
        name=name if kind == PERSON else f"{name} {kind}",
        system=connected.system,
        object_type=connected.object_type,
        metaverse_object_type=MetaverseObjectType.objects.get(name=kind),
        direction=direction,
        **fields,
    )


def _limit(rule: SyncRule, scope: Scope, **attribute: Attribute | MetaverseAttribute) -> None:
    group = rule.scoping_groups.create(type=ScopingGroupType.ALL)
    group.criteria.create(comparison_type=ComparisonType.EQUALS, value=scope[1], **attribute)


def _metaverse(name: str) -> MetaverseAttribute:
    return MetaverseAttribute.objects.get(name=name)


def _add_source(mapping: SyncRuleMapping, source: str, *, attribute: Any) -> None:
    if source.startswith("="):
        mapping.sources.create(expression=source[1:])
    else:
        mapping.sources.create(**attribute(source))


def matching_rule(connected: Connected, attribute: str, target: str) -> MatchingRule:
    rule = MatchingRule.objects.create(
        object_type=connected.object_type,
        metaverse_object_type=MetaverseObjectType.objects.get(name=connected.object_type.name),
        target_metaverse_attribute=_metaverse(target),
    )
    rule.sources.create(attribute=connected.attribute(attribute))
    return rule
