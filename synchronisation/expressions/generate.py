"""Generate: checked expression -> Python function.

In: nodes. Out: a Program: a function of (mv, cs, clock), and the spots its failures point to.
Always: the code consists of calls to functions of ours, constants and conditions; the administrator's text
reaches it as constants only. Nothing is evaluated from text: Python's own syntax nodes are built, compiled
to a code object, and wrapped as a function whose only names are those of `_NAMES`.

Why not nested closures: for `Lower(mv["First Name"]) + "." + Lower(mv["Last Name"]) + "@x.com"`, budget 500,000
evaluations/s per core, closures around the same functions gave 340,000 per CPU second and this 1,000,000 (best of 15
times 100,000, one process, CPython 3.11 on the 2-core development machine, other work running).

The "line number" of each Python node is the number of a spot. So a traceback tells where in the expression a
failure happened, and evaluation pays nothing for it.
"""

import ast
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import CodeType, FunctionType
from typing import Protocol, TypeVar, cast

from synchronisation.expressions import operators, values
from synchronisation.expressions.errors import ExpressionFailed
from synchronisation.expressions.functions import FUNCTIONS, Form, callable_of
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
    Negation,
    Node,
    Read,
    Spot,
)
from synchronisation.expressions.values import Result

Document = Mapping[str, object]

_Placed = TypeVar("_Placed", ast.expr, ast.arg, ast.Lambda)


class Run(Protocol):
    """A compiled expression."""

    __code__: CodeType

    def __call__(self, mv: Document, cs: Document, clock: object, /) -> Result: ...


@dataclass(frozen=True, slots=True)
class Program:
    """run: what evaluates. spots: by "line number" of run's code, from 1."""

    run: Run
    spots: tuple[Spot, ...]

    def located(self, failure: ExpressionFailed) -> ExpressionFailed:
        """failure, which came out of run, with the place in the expression it came from."""
        traceback = failure.__traceback__
        while traceback and traceback.tb_frame.f_code is not self.run.__code__:
            traceback = traceback.tb_next
        assert traceback is not None, "not a failure of this program"
        spot = self.spots[traceback.tb_lineno - 1 + failure.step]
        return failure.at(spot.operation, spot.place)


_COMPARISONS = {
    "==": operators.equal,
    "!=": operators.unequal,
    "<": operators.less,
    "<=": operators.at_most,
    ">": operators.more,
    ">=": operators.at_least,
}
_STRICTLY = "strictly "
"""Before the symbol of an operator that refuses null."""

_HELPERS: tuple[Callable[..., object], ...] = (
    operators.calculate,
    operators.calculate_strict,
    operators.negated,
    operators.required_text,
    values.as_condition,
    values.as_text_or_empty,
    values.capped,
)
_NAMES: dict[str, object] = {
    "__builtins__": {},
    **{helper.__name__: helper for helper in _HELPERS},
    **_COMPARISONS,
    **operators.OPERATOR_BY_SYMBOL,
    **{_STRICTLY + symbol: operator for symbol, operator in operators.OPERATOR_BY_SYMBOL_STRICT.items()},
    **{name: callable_of(entry) for name, entry in FUNCTIONS.items() if not isinstance(entry.run, Form)},
}
"""Every global name that generated code can see. Operators go by their symbol, functions by their name."""

_MOST_PARTS = 16
"""Of a text joined in one go, so that no more than 16 texts of the greatest length are ever joined unchecked."""


def generate(node: Node, *, strict: bool) -> Program:
    """The program of a checked expression; strict: null as an operand of `+` is an error."""
    writer = _Writer(strict=strict)
    parameters = [_placed(ast.arg(name), 1) for name in ("mv", "cs", "clock")]
    arguments = ast.arguments(posonlyargs=parameters, args=[], kwonlyargs=[], kw_defaults=[], defaults=[])
    function = _placed(ast.Lambda(arguments, writer.write(node)), 1)
    module_code = compile(ast.Expression(function), "<expression>", "eval", dont_inherit=True)
    code = next(constant for constant in module_code.co_consts if isinstance(constant, CodeType))
    run = FunctionType(code, _NAMES | writer.constants, "expression")
    return Program(cast(Run, run), tuple(writer.spots))


class _Writer:
    """Writes one expression as Python nodes, recursing as deep as it nests.

    constants: what the code refers to by name because Python has no literal for it.
    """

    def __init__(self, *, strict: bool) -> None:
        self.spots: list[Spot] = []
        self.constants: dict[str, object] = {}
        self._strict = strict
        self._results_kept = 0

    def write(self, node: Node) -> ast.expr:
        match node:
            case Literal():
                return self._literal(node)
            case Read():
                return self._read(node)
            case ClockReading():
                line = self._line(node.spot)
                return _placed(ast.Attribute(_name("clock", line), node.moment.value, ast.Load()), line)
            case Call():
                return self._call(node.function.name, node.spot, *node.arguments)
            case Arithmetic():
                return self._arithmetic(node)
            case Comparison():
                return self._call(node.symbol, node.spot, node.left, node.right)
            case Negation():
                return self._call(operators.negated.__name__, node.spot, node.operand)
            case _:
                return self._condition(node)

    def _condition(self, node: Logic | Inversion | Fallback | Choice) -> ast.expr:
        """What evaluates only as much as it needs."""
        line = self._line(node.spot)
        match node:
            case Logic():
                operator = ast.And() if node.conjunction else ast.Or()
                return _logical([self._truth(condition, line) for condition in node.conditions], line, operator)
            case Inversion():
                return _placed(ast.UnaryOp(ast.Not(), self._truth(node.condition, line)), line)
            case Choice():
                test = self._truth(node.condition, line)
                return _placed(ast.IfExp(test, self.write(node.then), self.write(node.otherwise)), line)
            case Fallback():
                return self._fallback(node, line)

    def _line(self, spot: Spot) -> int:
        """The "line number" that stands for spot."""
        self.spots.append(spot)
        return len(self.spots)

    def _constant(self, value: object, line: int) -> ast.expr:
        name = f"constant{len(self.constants)}"
        self.constants[name] = value
        return _name(name, line)

    def _literal(self, node: Literal) -> ast.expr:
        line = self._line(node.spot)
        if isinstance(node.value, str | int | None):
            return _placed(ast.Constant(node.value), line)
        return self._constant(node.value, line)

    def _read(self, node: Read) -> ast.expr:
        line = self._line(node.spot)
        get = _placed(ast.Attribute(_name(node.side.value, line), "get", ast.Load()), line)
        value = _invoked(get, [_placed(ast.Constant(node.key), line)], line)
        return value if node.reader is None else _invoked(self._constant(node.reader, line), [value], line)

    def _call(self, name: str, spot: Spot, *arguments: Node) -> ast.expr:
        line = self._line(spot)
        return _invoked(_name(name, line), [self.write(argument) for argument in arguments], line)

    def _truth(self, node: Node, line: int) -> ast.expr:
        """node as a condition; line is that of the operator that needs one."""
        value = self.write(node)
        if isinstance(node, Comparison | Logic | Inversion):
            return value
        return _invoked(_name(values.as_condition.__name__, line), [value], line)

    def _fallback(self, node: Fallback, line: int) -> ast.expr:
        """((kept := a) is not None or (kept := b) is not None, kept)[1]: as deep for many operands as for two."""
        self._results_kept += 1
        kept = f"kept{self._results_kept}"
        found = [_not_none(self.write(operand), kept, line) for operand in node.operands]
        pair = _placed(ast.Tuple([_logical(found, line, ast.Or()), _name(kept, line)], ast.Load()), line)
        return _placed(ast.Subscript(pair, _placed(ast.Constant(1), line), ast.Load()), line)

    def _arithmetic(self, node: Arithmetic) -> ast.expr:
        start = _first_text(node)
        if start is None:
            return self._calculation(node.symbols, node.operands, node.spots)
        if start < 2:
            return self._joined([self._part(operand) for operand in node.operands], self._line(node.spot))
        head = Arithmetic(node.symbols[: start - 1], node.operands[:start], node.spots[: start - 1])
        parts = [self._part(operand) for operand in (head, *node.operands[start:])]
        return self._joined(parts, self._line(node.spot))

    def _calculation(self, symbols: str, operands: Sequence[Node], spots: Sequence[Spot]) -> ast.expr:
        """A call of the one operator, or of `calculate` for a chain.

        A chain's spots are numbered in one row, because a failure counts steps from the first.
        """
        lines = [self._line(spot) for spot in spots]
        line = lines[0]
        arguments = [self.write(operand) for operand in operands]
        if len(symbols) == 1:
            return _invoked(_name(_STRICTLY + symbols if self._strict else symbols, line), arguments, line)
        chain = operators.calculate_strict if self._strict else operators.calculate
        return _invoked(_name(chain.__name__, line), [_placed(ast.Constant(symbols), line), *arguments], line)

    def _part(self, node: Node) -> ast.expr:
        """node as a part of a joined text."""
        value = self.write(node)
        line = self._line(Spot("'+'", node.spot.place))
        if isinstance(node, Literal) and isinstance(node.value, str):
            return value
        if self._strict:
            value = _invoked(_name(operators.required_text.__name__, line), [value], line)
        elif isinstance(node, Call) and node.function.gives_text:
            value = _logical([value, _placed(ast.Constant(""), line)], line, ast.Or())
        else:
            value = _invoked(_name(values.as_text_or_empty.__name__, line), [value], line)
        return _formatted(value, line)

    def _joined(self, parts: list[ast.expr], line: int) -> ast.expr:
        """capped(f"..."), in groups where there are many parts."""
        if len(parts) > _MOST_PARTS:
            groups = [parts[first : first + _MOST_PARTS] for first in range(0, len(parts), _MOST_PARTS)]
            return self._joined([_formatted(self._joined(group, line), line) for group in groups], line)
        return _invoked(_name(values.capped.__name__, line), [_placed(ast.JoinedStr(parts), line)], line)


def _first_text(node: Arithmetic) -> int | None:
    """The first operand that is certainly text, when all is joined from there on; None when it is not.

    Certainly: a literal or a join. A function may still give null, and null + null is null.
    """
    for position, operand in enumerate(node.operands):
        if _is_text(operand):
            joins_only = set(node.symbols[max(position - 1, 0) :]) == {"+"}
            return position if joins_only else None
    return None


def _is_text(node: Node) -> bool:
    if isinstance(node, Literal):
        return isinstance(node.value, str)
    return isinstance(node, Arithmetic) and _first_text(node) is not None


def _placed(node: _Placed, line: int) -> _Placed:
    node.lineno = node.end_lineno = line
    node.col_offset = node.end_col_offset = 0
    return node


def _name(name: str, line: int) -> ast.expr:
    return _placed(ast.Name(name, ast.Load()), line)


def _invoked(function: ast.expr, arguments: list[ast.expr], line: int) -> ast.expr:
    return _placed(ast.Call(function, arguments, []), line)


def _logical(operands: list[ast.expr], line: int, operator: ast.boolop) -> ast.expr:
    return _placed(ast.BoolOp(operator, operands), line)


def _formatted(value: ast.expr, line: int) -> ast.expr:
    return _placed(ast.FormattedValue(value, conversion=-1), line)


def _not_none(value: ast.expr, kept: str, line: int) -> ast.expr:
    """(kept := value) is not None"""
    target = ast.Name(kept, ast.Store())
    _placed(target, line)
    keeping = _placed(ast.NamedExpr(target, value), line)
    return _placed(ast.Compare(keeping, [ast.IsNot()], [_placed(ast.Constant(None), line)]), line)
