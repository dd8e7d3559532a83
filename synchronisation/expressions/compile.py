"""Compile: the text of an expression -> something that evaluates it quickly.

In: text, and the attributes `mv` and `cs` have where it is used. Out: a CompiledExpression, to be made once per
run and evaluated per object. Always: compiling and evaluating share no state that changes, so threads may do
both; an accepted expression evaluates to a value or raises ExpressionFailed, and never changes its input.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time

from synchronisation.expressions.attributes import AttributeNames
from synchronisation.expressions.check import check
from synchronisation.expressions.errors import ExpressionFailed
from synchronisation.expressions.generate import Program, generate
from synchronisation.expressions.parse import parse
from synchronisation.expressions.values import Result


@dataclass(frozen=True, slots=True)
class Clock:
    """What `Now()` and `Today()` give: fixed when a run starts. now: aware, in UTC."""

    now: datetime

    def __post_init__(self) -> None:
        if self.now.utcoffset() is None:
            raise ValueError("Clock.now needs a time zone")

    @property
    def today(self) -> datetime:
        """Midnight of the day, in UTC."""
        return datetime.combine(self.now.astimezone(UTC).date(), time(), UTC)


@dataclass(frozen=True, slots=True, eq=False)
class CompiledExpression:
    """An accepted expression.

    reads_mv, reads_cs: keys of the attributes it names. uses_random: a secret function occurs in it, so that it
    must not be evaluated in a preview or a comparison.
    """

    text: str
    reads_mv: frozenset[str]
    reads_cs: frozenset[str]
    uses_random: bool
    _program: Program
    _strict_program: Program

    def evaluate(self, mv: Mapping[str, object], cs: Mapping[str, object], clock: Clock) -> Result:
        """The value for one object; None is null, "no value".

        mv, cs: documents, attribute key -> stored or typed value; a missing key is null.
        Raises: ExpressionFailed.
        """
        try:
            return self._program.run(mv, cs, clock)
        except ExpressionFailed as failure:
            raise self._program.located(failure) from None

    def evaluate_strict(self, mv: Mapping[str, object], cs: Mapping[str, object], clock: Clock) -> Result:
        """`evaluate` for identifiers: null as an operand of `+` is a NullOperandFailed."""
        try:
            return self._strict_program.run(mv, cs, clock)
        except ExpressionFailed as failure:
            raise self._strict_program.located(failure) from None


def compile_expression(text: str, *, mv: AttributeNames | None, cs: AttributeNames | None) -> CompiledExpression:
    """Parse, check and compile an expression.

    mv, cs: attributes by casefolded name; None where naming that side is an error. Raises: ExpressionError.
    """
    checked = check(parse(text), mv=mv, cs=cs)
    return CompiledExpression(
        text,
        checked.reads_mv,
        checked.reads_cs,
        checked.uses_random,
        generate(checked.node, strict=False),
        generate(checked.node, strict=True),
    )
