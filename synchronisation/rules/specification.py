"""What a run works by: schema and rules as they were when the run was first taken.

Plain, frozen and JSON both ways (msgspec), so that the whole is kept with the activity and a resumed run follows
the same rules. Attribute keys in documents are the attribute's id as text.
"""

from datetime import datetime
from enum import StrEnum

import msgspec

from connectors.contract import AttributeType

LAST = 1_000_000
"""The priority of a mapping that has none."""


class Attribute(msgspec.Struct, frozen=True):
    id: int
    name: str
    type: AttributeType
    multi_valued: bool = False
    selected: bool = True
    external_id: bool = False
    secondary_external_id: bool = False

    @property
    def key(self) -> str:
        """The attribute's key in documents."""
        return str(self.id)


class ObjectType(msgspec.Struct, frozen=True):
    """An object type of a connected system; attributes in schema (id) order."""

    id: int
    system_id: int
    name: str
    selected: bool
    recall: bool
    attributes: tuple[Attribute, ...]

    @property
    def imported(self) -> tuple[Attribute, ...]:
        """What an import asks for."""
        return tuple(a for a in self.attributes if a.selected or a.external_id)

    @property
    def external_id(self) -> Attribute | None:
        return next((a for a in self.attributes if a.external_id), None)

    @property
    def secondary_external_id(self) -> Attribute | None:
        return next((a for a in self.attributes if a.secondary_external_id), None)


class MetaverseType(msgspec.Struct, frozen=True):
    id: int
    name: str
    deletion_rule: str
    grace_seconds: float | None
    trigger_systems: tuple[int, ...]
    attributes: tuple[Attribute, ...]


class Source(msgspec.Struct, frozen=True):
    """One source of a mapping: the id of an attribute on the rule's source side, or an expression."""

    attribute_id: int | None
    expression: str | None


class Mapping(msgspec.Struct, frozen=True):
    id: int
    target_id: int
    priority: int | None
    null_is_value: bool
    initial_only: bool
    sources: tuple[Source, ...]


class Comparison(StrEnum):
    """How a criterion compares; the negated ones hold where their positive does not."""

    EQUALS = "Equals"
    NOT_EQUALS = "NotEquals"
    STARTS_WITH = "StartsWith"
    NOT_STARTS_WITH = "NotStartsWith"
    ENDS_WITH = "EndsWith"
    NOT_ENDS_WITH = "NotEndsWith"
    CONTAINS = "Contains"
    NOT_CONTAINS = "NotContains"
    LESS_THAN = "LessThan"
    LESS_THAN_OR_EQUALS = "LessThanOrEquals"
    GREATER_THAN = "GreaterThan"
    GREATER_THAN_OR_EQUALS = "GreaterThanOrEquals"


class Criterion(msgspec.Struct, frozen=True):
    """attribute_id: on the rule's source side. value: in document form. case_sensitive: of Text only."""

    attribute_id: int
    comparison: Comparison
    value: str | int | bool
    case_sensitive: bool = True


class CriteriaGroup(msgspec.Struct, frozen=True):
    """needs_all: every part must hold, else any one of them."""

    needs_all: bool
    criteria: tuple[Criterion, ...] = ()
    groups: tuple["CriteriaGroup", ...] = ()


class Rule(msgspec.Struct, frozen=True):
    """scope: groups of which one must hold; a rule without any takes every object.

    retains_join: an import rule keeps the join of an object that left its scope, instead of disconnecting it.
    """

    id: int
    name: str
    system_id: int
    object_type_id: int
    metaverse_type_id: int
    is_import: bool
    projects: bool
    provisions: bool
    enforces_state: bool
    deletes: bool
    """Deprovisioning deletes the account instead of only disconnecting it."""
    mappings: tuple[Mapping, ...]
    scope: tuple[CriteriaGroup, ...] = ()
    retains_join: bool = False


class MatchingRule(msgspec.Struct, frozen=True):
    """source_ids: attributes of the object type, tried in order; rule_id only in advanced mode."""

    id: int
    object_type_id: int
    metaverse_type_id: int
    rule_id: int | None
    target_id: int
    case_sensitive: bool
    source_ids: tuple[int, ...]


class System(msgspec.Struct, frozen=True):
    id: int
    name: str
    per_rule_matching: bool
    deletion_threshold_percent: int | None
    deletion_threshold_minimum: int
    max_export_attempts: int
    self_confirming: bool = False
    checks_references: bool = False
    partial_updates: bool = False


class ImportScope(msgspec.Struct, frozen=True):
    """A part of a store that an import reads in one go: a partition, or the store when it has none.

    containers: external IDs of those to read, each with everything below it; none: all of it.
    """

    partition_id: int | None = None
    partition: str | None = None
    containers: tuple[str, ...] = ()


WHOLE_STORE = (ImportScope(),)


class Specification(msgspec.Struct, frozen=True):
    """Everything one run needs to know about configuration.

    systems: the run's own first, then those it provisions into. now: what Now() gives throughout the run.
    partition_id: the only partition that the run is about. scopes: what an import reads, one after the other.
    """

    now: datetime
    run_type: str
    system: System
    systems: tuple[System, ...]
    object_types: tuple[ObjectType, ...]
    metaverse_types: tuple[MetaverseType, ...]
    rules: tuple[Rule, ...]
    matching_rules: tuple[MatchingRule, ...]
    partition_id: int | None = None
    partition: str | None = None
    scopes: tuple[ImportScope, ...] = WHOLE_STORE
    file_path: str | None = None
    page_size: int = 5000
    ignore_deletion_threshold: bool = False
    keep_change_history: bool = True
    """When objects are removed with their system, or cleared."""

    def object_type(self, object_type_id: int) -> ObjectType:
        return next(t for t in self.object_types if t.id == object_type_id)

    def own_types(self) -> tuple[ObjectType, ...]:
        """The object types of the run's own system."""
        return tuple(t for t in self.object_types if t.system_id == self.system.id)
