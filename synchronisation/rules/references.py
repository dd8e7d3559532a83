"""References: the mappings that write a reference, as the rows by which references flow in sets.

In: a Specification. Out: one Inflow per source of an import mapping, one Outflow per source of an export mapping.
Always: pure; an Inflow's rank orders all of them, so that the first one of an attribute that has a value holds it.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from connectors.contract import AttributeType

from .specification import LAST, Attribute, Mapping, Rule, Specification


@dataclass(frozen=True, slots=True)
class Inflow:
    """From a reference attribute of an object type to one of a metaverse type (type_id).

    null_is_value: without any value this is the contributor all the same. recalls: the values go with the object.
    scoped: the rule takes some objects only.
    """

    system_id: int
    object_type_id: int
    type_id: int
    rule_id: int
    source_id: int
    target_id: int
    rank: int
    null_is_value: bool
    single_valued: bool
    recalls: bool
    scoped: bool


@dataclass(frozen=True, slots=True)
class Outflow:
    """From a reference attribute of a metaverse type (type_id) to one of an object type.

    rank: of the rules that write an attribute the lowest counts, of its sources the first with a value. whole: one
    value cannot be judged without the others.
    """

    system_id: int
    type_id: int
    rule_id: int
    source_id: int
    target_id: int
    rank: int
    single_valued: bool
    whole: bool
    enforced: bool
    initial_only: bool
    scoped: bool


@dataclass(frozen=True, slots=True)
class ReferenceFlows:
    """All reference mappings of enabled rules.

    notes_joins: whether pages must note the joins they make. A full synchronisation looks at every reference anyway,
    and needs them only for rules that do not enforce: those export once what was there when the account was joined.
    """

    inbound: tuple[Inflow, ...]
    outbound: tuple[Outflow, ...]
    notes_joins: bool

    def __bool__(self) -> bool:
        return bool(self.inbound or self.outbound)


def reference_flows(specification: Specification) -> ReferenceFlows:
    """The reference mappings of the enabled rules."""
    inbound = tuple(_inflows(specification))
    outbound = tuple(_outflows(specification))
    full = specification.run_type == "FullSynchronisation"
    notes_joins = not full or any(not flow.enforced for flow in outbound)
    return ReferenceFlows(inbound, outbound, notes_joins and bool(inbound or outbound))


def _inflows(specification: Specification) -> Iterator[Inflow]:
    recalls = {kind.id: kind.recall for kind in specification.object_types}
    targets = {
        (kind.id, attribute.id): attribute for kind in specification.metaverse_types for attribute in kind.attributes
    }
    mappings = [
        (rule, mapping, target)
        for rule in specification.rules
        if rule.is_import
        for mapping in rule.mappings
        if (target := targets.get((rule.metaverse_type_id, mapping.target_id)))
        and target.type is AttributeType.REFERENCE
    ]
    rank = 0
    for rule, mapping, target in sorted(mappings, key=_best_first):
        sources = _sources(mapping)
        for source_id in sources:
            rank += 1
            yield Inflow(
                rule.system_id, rule.object_type_id, rule.metaverse_type_id, rule.id, source_id, target.id, rank,
                mapping.null_is_value and source_id == sources[-1], not target.multi_valued,
                recalls[rule.object_type_id], bool(rule.scope),
            )  # fmt: skip


def _best_first(contributor: tuple[Rule, Mapping, Attribute]) -> tuple[int, int, int]:
    rule, mapping, _ = contributor
    return mapping.priority or LAST, rule.id, mapping.id


def _outflows(specification: Specification) -> Iterator[Outflow]:
    """Where two rules write one attribute, the first of those that the object is in scope of counts."""
    targets = {attribute.id: attribute for kind in specification.object_types for attribute in kind.attributes}
    for rank, rule in enumerate(specification.rules):
        for mapping in rule.mappings:
            target = targets.get(mapping.target_id)
            if not rule.is_import and target is not None and target.type is AttributeType.REFERENCE:
                yield from _outflows_of(rule, mapping, target, rank)


def _outflows_of(rule: Rule, mapping: Mapping, target: Attribute, rank: int) -> Iterator[Outflow]:
    sources = _sources(mapping)
    for source_id in sources:
        yield Outflow(
            rule.system_id, rule.metaverse_type_id, rule.id, source_id, target.id, rank, not target.multi_valued,
            not target.multi_valued or len(sources) > 1, rule.enforces_state, mapping.initial_only, bool(rule.scope),
        )  # fmt: skip


def _sources(mapping: Mapping) -> list[int]:
    """Expressions make no references: they are refused when a mapping is saved."""
    return [source.attribute_id for source in mapping.sources if source.attribute_id is not None]
