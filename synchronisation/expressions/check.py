"""Check: syntax tree + schema -> checked expression.

In: the tree of parse.py, the attributes that `mv` and `cs` have here. Out: nodes in which every function and
attribute is resolved, and what the expression reads. Always: what cannot be resolved raises an
ExpressionError that names it, says where it is and suggests the nearest name.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches

from lark import Token

from connectors.contract import AttributeType
from synchronisation.expressions.attributes import AnyNames, AttributeInfo, AttributeNames
from synchronisation.expressions.documents import read_sample, reader_for
from synchronisation.expressions.errors import (
    ArgumentCountError,
    ExpressionSyntaxError,
    ReferenceAttributeError,
    SideNotAvailableError,
    UnknownAttributeError,
    UnknownFunctionError,
)
from synchronisation.expressions.functions import FUNCTIONS, Form, Function
from synchronisation.expressions.nodes import (
    Arithmetic,
    Call,
    Choice,
    ClockReading,
    Comparison,
    Fallback,
    Inversion,
    Literal,
    Logic,
    Moment,
    Negation,
    Node,
    Read,
    Side,
    Spot,
)
from synchronisation.expressions.parse import Branch, is_branch, place_of
from synchronisation.expressions.values import DECIMALS, LARGEST_INTEGER

_ESCAPE = re.compile(r'\\(["\\nt])')
_CHARACTER_BY_ESCAPE = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}

_SIDE_PHRASE = {Side.MV: "the metaverse object", Side.CS: "the connected system's object"}


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked expression. reads_mv, reads_cs: document keys of the attributes it names."""

    node: Node
    reads_mv: frozenset[str]
    reads_cs: frozenset[str]
    uses_random: bool


def check(tree: Branch, *, mv: AttributeNames | None, cs: AttributeNames | None) -> Checked:
    """tree with its names resolved; a side that is None cannot be named. Raises: ExpressionError."""
    checker = _Checker({Side.MV: mv, Side.CS: cs})
    node = checker.node(tree)
    return Checked(
        node, frozenset(checker.keys[Side.MV]), frozenset(checker.keys[Side.CS]), uses_random=checker.uses_random
    )


@dataclass(slots=True)
class _Checker:
    """Walks one tree, at most parse.MAX_DEPTH deep, and notes what it reads on the way."""

    names: dict[Side, AttributeNames | None]
    keys: dict[Side, set[str]] = field(default_factory=lambda: {side: set() for side in Side})
    uses_random: bool = False

    def node(self, branch: Branch) -> Node:
        match branch.data:
            case "text" | "integer" | "decimal" | "true" | "false" | "null":
                return _literal(branch)
            case "attribute":
                return self._read(branch)
            case "call":
                return self._call(branch)
            case "sum" | "product":
                return self._arithmetic(branch)
            case _:
                return self._operation(branch)

    def _operation(self, branch: Branch) -> Node:
        """Everything that has operators but no arithmetic."""
        operands = self._nodes(branch.children)
        spot = _operator_spot(branch)
        match branch.data:
            case "choice":
                return Choice(operands[0], operands[1], operands[2], spot)
            case "fallback":
                return Fallback(operands, spot)
            case "both" | "either":
                return Logic(branch.data == "both", operands, spot)
            case "comparison":
                return Comparison(spot.operation.strip("'"), operands[0], operands[1], spot)
            case "inversion":
                return Inversion(operands[0], spot)
            case _:
                return Negation(operands[0], spot)

    def _nodes(self, children: Iterable[Branch | Token]) -> tuple[Node, ...]:
        return tuple(self.node(child) for child in children if is_branch(child))

    def _arithmetic(self, branch: Branch) -> Arithmetic:
        operators = [child for child in branch.children if isinstance(child, Token)]
        return Arithmetic(
            "".join(operators),
            self._nodes(branch.children),
            tuple(_spot(f"'{operator}'", operator) for operator in operators),
        )

    def _read(self, branch: Branch) -> Read:
        side_token, name_token = branch.children
        side, name = Side(str(side_token)), _unescaped(str(name_token))
        names = self.names[side]
        spot = _spot(f'{side}["{name}"]', branch)
        if names is None:
            raise SideNotAvailableError(f'"{side}", {_SIDE_PHRASE[side]}, is not available here', spot.place)
        attribute = _attribute(names, name, side, spot)
        self.keys[side].add(attribute.key)
        return Read(side, attribute.key, read_sample if isinstance(names, AnyNames) else reader_for(attribute), spot)

    def _call(self, branch: Branch) -> Node:
        name, *arguments = branch.children
        spot = _spot(str(name), branch)
        function = _function(str(name), spot)
        if not function.takes(len(arguments)):
            given = "1 is" if len(arguments) == 1 else f"{len(arguments) or 'none'} are"
            raise ArgumentCountError(
                f"{function.name} is called as {function.signature}, but {given} given here", spot.place
            )
        self.uses_random = self.uses_random or function.secret
        operands = self._nodes(arguments)
        return (
            _in_place(function.run, operands, spot)
            if isinstance(function.run, Form)
            else Call(function, operands, spot)
        )


def _in_place(form: Form, operands: tuple[Node, ...], spot: Spot) -> Node:
    """A function that is another spelling of something the language has."""
    match form:
        case Form.IIF:
            return Choice(operands[0], operands[1], operands[2], spot)
        case Form.COALESCE:
            return Fallback(operands, spot)
        case Form.EQ:
            return Comparison("==", operands[0], operands[1], spot)
        case Form.NOW:
            return ClockReading(Moment.NOW, spot)
        case Form.TODAY:
            return ClockReading(Moment.TODAY, spot)


def _literal(branch: Branch) -> Literal:
    token = str(branch.children[0])
    spot = _spot(token, branch)
    match branch.data:
        case "text":
            return Literal(_unescaped(token), spot)
        case "integer":
            return Literal(_integer(token, spot), spot)
        case "decimal":
            return Literal(_decimal(token, spot), spot)
        case "null":
            return Literal(None, spot)
        case _:
            return Literal(branch.data == "true", spot)


def _integer(digits: str, spot: Spot) -> int:
    if len(digits) > len(str(LARGEST_INTEGER)) or int(digits) > LARGEST_INTEGER:
        raise ExpressionSyntaxError(f"The number {digits[:25]} does not fit in 64 bits", spot.place)
    return int(digits)


def _decimal(digits: str, spot: Spot) -> Decimal:
    if len(digits) > DECIMALS.prec:
        raise ExpressionSyntaxError(f"The number {digits[:35]} has too many digits", spot.place)
    return Decimal(digits)


def _unescaped(quoted: str) -> str:
    return _ESCAPE.sub(lambda escape: _CHARACTER_BY_ESCAPE[escape[1]], quoted[1:-1])


def _spot(operation: str, part: Branch | Token) -> Spot:
    return Spot(operation, place_of(part))


def _operator_spot(branch: Branch) -> Spot:
    """The first operator among the children."""
    operator = next(child for child in branch.children if isinstance(child, Token))
    return _spot(f"'{operator}'", operator)


def _attribute(names: AttributeNames, name: str, side: Side, spot: Spot) -> AttributeInfo:
    try:
        attribute = names[name.casefold()]
    except KeyError:
        suggestion = _nearest(name, (known.name for known in names.values()))
        raise UnknownAttributeError(
            f'There is no attribute "{name}" in {_SIDE_PHRASE[side]}{_did_you_mean(suggestion)}',
            spot.place,
            suggestion=suggestion,
        ) from None
    if attribute.type is AttributeType.REFERENCE:
        raise ReferenceAttributeError(
            f'"{attribute.name}" is a reference, which expressions do not see; map it directly', spot.place
        )
    return attribute


def _function(name: str, spot: Spot) -> Function:
    if function := FUNCTIONS.get(name):
        return function
    suggestion = _nearest(name, FUNCTIONS)
    case_matters = ", and case matters" if suggestion and suggestion.lower() == name.lower() else ""
    raise UnknownFunctionError(
        f'There is no function "{name}"{case_matters}{_did_you_mean(suggestion)}', spot.place, suggestion=suggestion
    )


def _nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that is most like name, without regard to case; None when nothing is."""
    by_folded = {candidate.casefold(): candidate for candidate in known}
    nearest = get_close_matches(name.casefold(), by_folded, n=1)
    return by_folded[nearest[0]] if nearest else None


def _did_you_mean(suggestion: str | None) -> str:
    return f'; did you mean "{suggestion}"?' if suggestion else ""
