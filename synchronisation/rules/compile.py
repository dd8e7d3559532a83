"""Compile: the specification's rules to functions on documents, once per run.

In: a Specification. Out: CompiledRules, by which inbound.py and outbound.py decide. Always: pure; what an expression
or a conversion raises becomes a FlowError that names the mapping.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from connectors.contract import AttributeType
from synchronisation.expressions.attributes import AttributeInfo
from synchronisation.expressions.compile import Clock, CompiledExpression, compile_expression
from synchronisation.expressions.documents import to_document
from synchronisation.expressions.errors import ExpressionFailed

from .errors import ExpressionFailedError, InvalidFlowError, MultiValuedToSingleValuedError
from .naming import display_name_of
from .references import ReferenceFlows, reference_flows
from .scope import chooser, scope_of
from .specification import (
    LAST,
    Attribute,
    Mapping,
    MatchingRule,
    MetaverseType,
    ObjectType,
    Rule,
    Source,
    Specification,
    System,
)
from .values import CONVERTERS, Document, InvalidValueError, JsonValue, as_set, match_key, to_text
from .world import Holder

Seal = Callable[[str], str]
"""Encrypts one secret; the token is text."""

FlowValue = JsonValue | list[JsonValue] | None
Evaluate = Callable[[Document, Document], FlowValue]
"""(mv, cs) -> the value a source gives, in the target attribute's form; None: no value. Raises: FlowError."""


@dataclass(frozen=True, slots=True)
class Flow:
    """One mapping, ready to run.

    value: (mv, cs) -> the first source's value that is one; None: no value. Raises: FlowError.
    copied: the source attribute's key where the value is just that, which saves the call.
    reads: keys of the source attributes; an export flow needs no look when none of them changed.
    is_secret: a secret function occurs in it, so it is evaluated only when a create is queued.
    """

    rule_id: int
    holder: Holder
    target: Attribute
    key: str
    value: Evaluate
    copied: str | None
    reads: frozenset[str]
    priority: int
    null_is_value: bool
    initial_only: bool
    is_secret: bool

    @property
    def identifies(self) -> bool:
        """Whether it writes an identifier, which null never clears."""
        return self.target.external_id or self.target.secondary_external_id


@dataclass(frozen=True, slots=True)
class Matcher:
    """One matching rule: keys of a CSO by its sources, in order, and of an MVO by its target attribute."""

    rule_id: int
    metaverse_type_id: int
    source_keys: tuple[str, ...]
    target_key: str
    case_sensitive: bool

    def keys_of(self, document: Document, key: str) -> list[str]:
        """The match keys of an attribute's values; none when it is empty."""
        value = document.get(key)
        if type(value) is str:
            return [match_key(value, self.case_sensitive)] if value else []
        if value is None:
            return []
        values = value if isinstance(value, list) else [value]
        return [match_key(to_text(item), self.case_sensitive) for item in values if item != ""]


@dataclass(frozen=True, slots=True)
class Flows:
    """All mappings of one object type to one metaverse type, in the order they run.

    written: (rule id, attribute key) of each. are_apart: no two write the same attribute and null is no value, so that
    nothing is to be decided for a new MVO.
    """

    all: tuple[Flow, ...]
    written: frozenset[tuple[int, str]]
    are_apart: bool


NO_FLOWS = Flows((), frozenset(), are_apart=True)


@dataclass(frozen=True, slots=True)
class InboundRules:
    """What the import rules that an object is in scope of do together.

    projection: (rule, metaverse type id) of the first rule that projects.
    """

    flows_by_type: dict[int, Flows]
    matchers: tuple[Matcher, ...]
    projection: tuple[Rule, int] | None

    def flows(self, metaverse_type_id: int) -> Flows:
        return self.flows_by_type.get(metaverse_type_id, NO_FLOWS)


@dataclass(frozen=True, slots=True)
class InboundType:
    """The enabled import rules of one object type.

    matchers: of all its rules. retains_join: of an object that is in scope of none of them.
    """

    object_type: ObjectType
    matchers: tuple[Matcher, ...]
    retains_join: bool
    in_scope: Callable[[Document], InboundRules | None]
    """The rules an object is in scope of; None: of none, though there are some."""


@dataclass(frozen=True, slots=True)
class OutboundType:
    """What all rules of a target do with one object type.

    rule: the first of them; flows: of all, the first rule's where two write one attribute.
    """

    object_type: ObjectType
    rule: Rule
    provisioning_rule: Rule | None
    flows: tuple[Flow, ...]
    enforcing_rules: frozenset[int]
    external_id: Attribute | None
    secondary_external_id: Attribute | None
    maps_external_id: bool
    secret_keys: frozenset[str]
    seal: Seal
    display_name: Callable[[Document], str | None]

    @property
    def last_in_scope(self) -> Rule:
        """The rule that a join records: should the MVO leave its scope, one that provisions deprovisions."""
        return self.provisioning_rule or self.rule

    @property
    def enforced(self) -> bool:
        return all(flow.rule_id in self.enforcing_rules for flow in self.flows)


@dataclass(frozen=True, slots=True)
class OutboundRules:
    """What the export rules into one system that an MVO is in scope of want together.

    types: by object type id; provisioning: the type of the first rule that provisions.
    """

    types: dict[int, OutboundType]
    provisioning: OutboundType | None


@dataclass(frozen=True, slots=True)
class OutboundTarget:
    """All enabled export rules from one metaverse type into one system.

    deprovisioning: the rules that provision, by id: one of them decides over the account of an MVO that left its scope.
    matchers: of the target's matching rules, by which an MVO finds an account that is there already.
    """

    system_id: int
    system_name: str
    matchers: tuple[Matcher, ...]
    deprovisioning: dict[int, Rule]
    in_scope: Callable[[Document], OutboundRules | None]
    """The rules an MVO is in scope of; None: of none."""


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """inbound, source_matchers: by object type id, of all systems; outbound, matchers, types: by metaverse type id;
    priority: by rule and attribute.
    """

    inbound: dict[int, InboundType]
    outbound: dict[int, tuple[OutboundTarget, ...]]
    matchers: dict[int, tuple[Matcher, ...]]
    source_matchers: dict[int, tuple[Matcher, ...]]
    types: dict[int, MetaverseType]
    display_name: dict[int, Callable[[Document], str | None]]
    priority: dict[tuple[int, str], int]
    references: ReferenceFlows


def compile_rules(specification: Specification, seal: Seal = str) -> CompiledRules:
    """Compile everything. seal: encrypts queued secrets; without one, provision nothing that has any.

    Raises: ExpressionError when a stored expression no longer compiles.
    """
    types = {kind.id: kind for kind in specification.metaverse_types}
    compiler = _Compiler(specification, types, seal)
    inbound = {kind.id: compiler.inbound(kind) for kind in specification.object_types if kind.selected}
    return CompiledRules(
        inbound=inbound,
        outbound={type_id: compiler.outbound(type_id) for type_id in types},
        matchers={
            type_id: tuple(_matcher(m) for m in specification.matching_rules if m.metaverse_type_id == type_id)
            for type_id in types
        },
        source_matchers={
            kind.id: tuple(_matcher(m) for m in specification.matching_rules if m.object_type_id == kind.id)
            for kind in specification.object_types
        },
        types=types,
        display_name={type_id: display_name_of(kind.attributes) for type_id, kind in types.items()},
        priority={
            (rule.id, str(mapping.target_id)): mapping.priority or LAST
            for rule in specification.rules
            if rule.is_import
            for mapping in rule.mappings
        },
        references=reference_flows(specification),
    )


class _Compiler:
    """Carries what every mapping needs: the schemas, and the clock that Now() reads."""

    def __init__(self, specification: Specification, types: dict[int, MetaverseType], seal: Seal) -> None:
        self.specification = specification
        self.seal = seal
        self.types = types
        self.object_types = {kind.id: kind for kind in specification.object_types}
        self.clock = Clock(specification.now)

    def inbound(self, object_type: ObjectType) -> InboundType:
        rules = [r for r in self.specification.rules if r.is_import and r.object_type_id == object_type.id]
        attributes = {a.id: a for a in object_type.attributes}
        flows = {rule.id: list(self._flows(rule)) for rule in rules}

        def combine(chosen: Sequence[Rule]) -> InboundRules | None:
            return self._inbound_rules(object_type, chosen, flows) if chosen or not rules else None

        return InboundType(
            object_type,
            self._matchers(object_type, rules),
            any(rule.retains_join for rule in rules),
            chooser([(rule, scope_of(rule, attributes)) for rule in rules], combine),
        )

    def _inbound_rules(
        self, object_type: ObjectType, rules: Sequence[Rule], flows: dict[int, list[Flow]]
    ) -> InboundRules:
        by_type: dict[int, list[Flow]] = {}
        for rule in rules:
            by_type.setdefault(rule.metaverse_type_id, []).extend(flows[rule.id])
        return InboundRules(
            {type_id: _together(together) for type_id, together in by_type.items()},
            self._matchers(object_type, rules),
            next(((rule, rule.metaverse_type_id) for rule in rules if rule.projects), None),
        )

    def _matchers(self, object_type: ObjectType, rules: Sequence[Rule]) -> tuple[Matcher, ...]:
        """What decides joins: the object type's matching rules, or in advanced mode those of its rules."""
        own = [m for m in self.specification.matching_rules if m.object_type_id == object_type.id]
        system = next(s for s in self.specification.systems if s.id == object_type.system_id)
        ids = {rule.id for rule in rules} if system.per_rule_matching else {None}
        return tuple(_matcher(m) for m in own if m.rule_id in ids)

    def outbound(self, type_id: int) -> tuple[OutboundTarget, ...]:
        exports = [r for r in self.specification.rules if not r.is_import and r.metaverse_type_id == type_id]
        return tuple(
            self._target(system, [rule for rule in exports if rule.system_id == system.id])
            for system in self.specification.systems
            if any(rule.system_id == system.id for rule in exports)
        )

    def _target(self, system: System, rules: list[Rule]) -> OutboundTarget:
        attributes = {a.id: a for a in self.types[rules[0].metaverse_type_id].attributes}
        flows = {rule.id: list(self._flows(rule)) for rule in rules}

        def combine(chosen: Sequence[Rule]) -> OutboundRules | None:
            return self._outbound_rules(chosen, flows) if chosen else None

        return OutboundTarget(
            system.id,
            system.name,
            self._outbound_matchers(system, rules),
            {rule.id: rule for rule in rules if rule.provisions},
            chooser([(rule, scope_of(rule, attributes)) for rule in rules], combine),
        )

    def _outbound_matchers(self, system: System, rules: list[Rule]) -> tuple[Matcher, ...]:
        provisioning = [rule for rule in rules if rule.provisions]
        ids = {rule.id for rule in provisioning} if system.per_rule_matching else {None}
        types = {rule.object_type_id for rule in provisioning}
        type_id = rules[0].metaverse_type_id
        return tuple(
            _matcher(m)
            for m in self.specification.matching_rules
            if m.object_type_id in types and m.metaverse_type_id == type_id and m.rule_id in ids
        )

    def _outbound_rules(self, rules: Sequence[Rule], flows: dict[int, list[Flow]]) -> OutboundRules:
        by_type: dict[int, list[Rule]] = {}
        for rule in rules:
            by_type.setdefault(rule.object_type_id, []).append(rule)
        types = {type_id: self._outbound_type(type_id, group, flows) for type_id, group in by_type.items()}
        return OutboundRules(types, next((types[rule.object_type_id] for rule in rules if rule.provisions), None))

    def _outbound_type(self, type_id: int, rules: list[Rule], flows_by_rule: dict[int, list[Flow]]) -> OutboundType:
        object_type = self.object_types[type_id]
        flows: dict[str, Flow] = {}
        for rule in rules:
            for flow in flows_by_rule[rule.id]:
                flows.setdefault(flow.key, flow)
        external = object_type.external_id
        return OutboundType(
            object_type,
            rules[0],
            next((rule for rule in rules if rule.provisions), None),
            tuple(flows.values()),
            frozenset(rule.id for rule in rules if rule.enforces_state),
            external,
            object_type.secondary_external_id,
            external is not None and external.key in flows,
            frozenset(flow.key for flow in flows.values() if flow.is_secret),
            self.seal,
            display_name_of(object_type.attributes),
        )

    def _flows(self, rule: Rule) -> Iterable[Flow]:
        """The mappings of one rule in id order; references flow in a phase of their own."""
        cs_attributes = {a.id: a for a in self.object_types[rule.object_type_id].attributes}
        mv_attributes = {a.id: a for a in self.types[rule.metaverse_type_id].attributes}
        targets = mv_attributes if rule.is_import else cs_attributes
        for mapping in rule.mappings:
            target = targets.get(mapping.target_id)
            if target is not None and target.type is not AttributeType.REFERENCE:
                yield self._flow(rule, mapping, target, cs_attributes, mv_attributes)

    def _flow(
        self,
        rule: Rule,
        mapping: Mapping,
        target: Attribute,
        cs_attributes: dict[int, Attribute],
        mv_attributes: dict[int, Attribute],
    ) -> Flow:
        own = cs_attributes if rule.is_import else mv_attributes
        name = f"the mapping to {target.name} of rule {rule.name}"
        evaluators: list[Evaluate] = []
        reads: set[str] = set()
        is_secret = False
        copied: str | None = None
        for source in mapping.sources:
            if source.expression is None:
                attribute = own[_attribute_id(source)]
                reads.add(attribute.key)
                if len(mapping.sources) == 1 and _same_form(attribute, target):
                    copied = attribute.key
                evaluators.append(_direct(attribute, target, name, reads_cs=rule.is_import))
                continue
            expression = compile_expression(source.expression, mv=_names(mv_attributes), cs=_names(cs_attributes))
            reads |= expression.reads_cs if rule.is_import else expression.reads_mv
            is_secret |= expression.uses_random
            evaluators.append(_expression(expression, target, name, self.clock))
        return Flow(
            rule.id, (rule.system_id, rule.id), target, target.key, _first(evaluators), copied, frozenset(reads),
            mapping.priority or LAST, mapping.null_is_value, mapping.initial_only, is_secret,
        )  # fmt: skip


def _together(flows: list[Flow]) -> Flows:
    are_apart = len({flow.key for flow in flows}) == len(flows) and not any(flow.null_is_value for flow in flows)
    return Flows(tuple(flows), frozenset((flow.rule_id, flow.key) for flow in flows), are_apart)


def _first(evaluators: list[Evaluate]) -> Evaluate:
    """The first source that has a value decides."""
    if len(evaluators) == 1:
        return evaluators[0]

    def value(mv: Document, cs: Document) -> FlowValue:
        for evaluate in evaluators:
            found = evaluate(mv, cs)
            if found is not None:
                return found
        return None

    return value


def _attribute_id(source: Source) -> int:
    assert source.attribute_id is not None  # checked when the mapping is saved
    return source.attribute_id


def _names(attributes: dict[int, Attribute]) -> dict[str, AttributeInfo]:
    return {a.name.casefold(): AttributeInfo(a.key, a.name, a.type, a.multi_valued) for a in attributes.values()}


def _matcher(rule: MatchingRule) -> Matcher:
    return Matcher(
        rule.id, rule.metaverse_type_id, tuple(map(str, rule.source_ids)), str(rule.target_id), rule.case_sensitive
    )


def _direct(source: Attribute, target: Attribute, name: str, *, reads_cs: bool) -> Evaluate:
    """Copy one attribute; its values keep their form unless the types differ."""
    key = source.key
    fitted = _fitter(target, name)
    if _same_form(source, target):
        return (lambda mv, cs: cs.get(key)) if reads_cs else (lambda mv, cs: mv.get(key))
    return (lambda mv, cs: fitted(cs.get(key))) if reads_cs else (lambda mv, cs: fitted(mv.get(key)))


def _same_form(source: Attribute, target: Attribute) -> bool:
    return source.type is target.type and source.multi_valued == target.multi_valued


def _expression(expression: CompiledExpression, target: Attribute, name: str, clock: Clock) -> Evaluate:
    identifies = target.external_id or target.secondary_external_id
    evaluate = expression.evaluate_strict if identifies else expression.evaluate
    fitted = _fitter(target, name)
    is_plain_text = target.type is AttributeType.TEXT and not target.multi_valued

    def value(mv: Document, cs: Document) -> FlowValue:
        try:
            result = evaluate(mv, cs, clock)
        except ExpressionFailed as failure:
            raise ExpressionFailedError(f"{name}: {failure}") from None
        if is_plain_text and type(result) is str:
            return result or None
        return fitted(cast(FlowValue, to_document(result)))

    return value


def _fitter(target: Attribute, name: str) -> Callable[[FlowValue], FlowValue]:
    """Bring a value into the target's type and plurality. Raises: FlowError."""
    convert = CONVERTERS[target.type]

    def fitted(value: FlowValue) -> FlowValue:
        if value is None or value == "" or value == []:
            return None
        try:
            if not isinstance(value, list):
                one = convert(value)
                return [one] if target.multi_valued else one
            converted = as_set([convert(item) for item in value if item is not None and item != ""])
        except InvalidValueError as error:
            raise InvalidFlowError(f"{name}: {error}") from None
        if target.multi_valued:
            return converted or None
        if len(converted) > 1:
            raise MultiValuedToSingleValuedError(
                f"{name}: the source has {len(converted)} values and {target.name} holds one; "
                "choose one with an expression, such as Join or a single-valued attribute"
            )
        return converted[0] if converted else None

    return fitted
