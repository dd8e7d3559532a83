"""Check an attribute mapping before it is saved.

In: what the administrator wants, the direction of the rule and its schema. Out: nothing, or one `RefusedError`
with every problem. Always: what passes can be compiled by a run; what may still fail there depends on the values
of one object only.
"""

from collections.abc import Collection
from dataclasses import dataclass, field

from synchronisation.expressions.compile import compile_expression
from synchronisation.expressions.errors import ExpressionError
from synchronisation.models import Attribute, AttributeType, Direction, MetaverseAttribute, Writability

from .compatibility import can_flow, why_not
from .errors import RefusedError
from .rule_schema import RuleSchema

TO_METAVERSE = "target_metaverse_attribute_id"
TO_SYSTEM = "target_connected_system_attribute_id"
FROM_SYSTEM = "connected_system_attribute_id"
FROM_METAVERSE = "metaverse_attribute_id"


@dataclass(frozen=True, slots=True)
class SourceInput:
    """Exactly one of the last three must be given; the attribute is one of the rule's source side."""

    order: int = 0
    connected_system_attribute_id: int | None = None
    metaverse_attribute_id: int | None = None
    expression: str | None = None


@dataclass(frozen=True, slots=True)
class MappingInput:
    """priority: place among the contributors of the metaverse attribute, 1 first; None: where it is, or last."""

    target_metaverse_attribute_id: int | None
    target_connected_system_attribute_id: int | None
    sources: tuple[SourceInput, ...]
    priority: int | None = None
    null_is_value: bool = False
    initial_only: bool = False


def check_mapping(wanted: MappingInput, direction: str, schema: RuleSchema, taken: Collection[int]) -> None:
    """taken: ids of the attributes that other mappings of the rule write. Raises: RefusedError."""
    check = _Check(wanted, direction == Direction.IMPORT, schema)
    check.run(taken)
    if check.problems:
        raise RefusedError(check.problems)


@dataclass(slots=True)
class _Check:
    """problems: sentences by field path."""

    wanted: MappingInput
    is_import: bool
    schema: RuleSchema
    target: Attribute | MetaverseAttribute | None = None
    problems: dict[str, list[str]] = field(default_factory=dict)

    def refuse(self, path: str, sentence: str) -> None:
        self.problems.setdefault(path, []).append(sentence)

    @property
    def target_field(self) -> str:
        return TO_METAVERSE if self.is_import else TO_SYSTEM

    def run(self, taken: Collection[int]) -> None:
        self.target = self.find_target()
        if self.target is not None and self.target.pk in taken:
            self.refuse(self.target_field, f"Another mapping of this rule writes {self.target.name} already.")
        makes_secret = False
        for index, source in enumerate(self.wanted.sources):
            makes_secret |= self.check_source(source, f"sources[{index}]")
        self.check_writable(makes_secret)
        self.check_options()

    def find_target(self) -> Attribute | MetaverseAttribute | None:
        wrong_field = TO_SYSTEM if self.is_import else TO_METAVERSE
        if getattr(self.wanted, wrong_field) is not None:
            self.refuse(wrong_field, f"An {'import' if self.is_import else 'export'} rule does not write this side.")
        target_id = getattr(self.wanted, self.target_field)
        if target_id is None:
            self.refuse(self.target_field, "Name the attribute that the mapping writes.")
            return None
        side = self.schema.metaverse if self.is_import else self.schema.connected_system
        if target_id not in side:
            self.refuse(self.target_field, "The rule's object type has no such attribute.")
        return side.get(target_id)

    def check_writable(self, makes_secret: bool) -> None:
        """An unselected attribute is never read, which only a secret can bear: it is never compared either."""
        if not isinstance(self.target, Attribute):
            return
        if self.target.writability == Writability.READ_ONLY:
            self.refuse(TO_SYSTEM, f"{self.target.name} can only be read in this connected system.")
        if not self.target.selected and not makes_secret:
            self.refuse(TO_SYSTEM, f"{self.target.name} is not selected: select the attribute first.")

    def check_source(self, source: SourceInput, path: str) -> bool:
        """Whether the source makes a secret."""
        given = [source.connected_system_attribute_id, source.metaverse_attribute_id, source.expression]
        if sum(part is not None for part in given) != 1:
            self.refuse(path, "Give either an attribute or an expression.")
            return False
        if source.expression is not None:
            return self.check_expression(source.expression, f"{path}.expression")
        self.check_source_attribute(source, path)
        return False

    def check_source_attribute(self, source: SourceInput, path: str) -> None:
        right, wrong = (FROM_SYSTEM, FROM_METAVERSE) if self.is_import else (FROM_METAVERSE, FROM_SYSTEM)
        if getattr(source, wrong) is not None:
            self.refuse(
                f"{path}.{wrong}",
                f"The sources of an {'import' if self.is_import else 'export'} rule are on its other side.",
            )
            return
        side = self.schema.connected_system if self.is_import else self.schema.metaverse
        attribute = side.get(getattr(source, right))
        if attribute is None:
            self.refuse(f"{path}.{right}", "The rule's object type has no such attribute.")
        elif self.target is not None and not can_flow(attribute.type, self.target.type):
            self.refuse(f"{path}.{right}", why_not(attribute.type, self.target.type))

    def check_expression(self, text: str, path: str) -> bool:
        """Whether the expression makes a secret."""
        if self.target is not None and self.target.type == AttributeType.REFERENCE:
            self.refuse(path, "An expression cannot make references: map a Reference attribute instead.")
            return False
        try:
            return compile_expression(
                text, mv=self.schema.metaverse_names, cs=self.schema.connected_system_names
            ).uses_random
        except ExpressionError as error:
            self.refuse(path, str(error))
            return False

    def check_options(self) -> None:
        if self.is_import and self.wanted.initial_only:
            self.refuse("initial_only", "Only a mapping of an export rule can be initial only.")
        if not self.is_import and self.wanted.null_is_value:
            self.refuse("null_is_value", "Only a mapping of an import rule can take null for a value.")
        if not self.is_import and self.wanted.priority is not None:
            self.refuse("priority", "Only a mapping of an import rule has a priority.")
