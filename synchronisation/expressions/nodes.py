"""The checked expression: a tree in which every name is resolved and every branch knows its place.

In: made by check.py only. Out: read by generate.py only. Always: at most parse.MAX_DEPTH deep.
"""

from dataclasses import dataclass
from enum import StrEnum

from synchronisation.expressions.documents import Reader
from synchronisation.expressions.errors import Place
from synchronisation.expressions.functions import Function


class Side(StrEnum):
    """Whose attributes: the metaverse object's or the connector space object's."""

    MV = "mv"
    CS = "cs"


class Moment(StrEnum):
    """A reading of the run's clock; the values are the names of Clock's fields."""

    NOW = "now"
    TODAY = "today"


@dataclass(frozen=True, slots=True)
class Spot:
    """What a run-time failure names: the operation as written, and where it stands."""

    operation: str
    place: Place


@dataclass(frozen=True, slots=True)
class Literal:
    value: object
    spot: Spot


@dataclass(frozen=True, slots=True)
class Read:
    """The value of an attribute; reader is None where its stored form is its value."""

    side: Side
    key: str
    reader: Reader | None
    spot: Spot


@dataclass(frozen=True, slots=True)
class ClockReading:
    moment: Moment
    spot: Spot


@dataclass(frozen=True, slots=True)
class Call:
    function: Function
    arguments: tuple["Node", ...]
    spot: Spot


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """operands[0] symbols[0] operands[1] ..., from the left; all symbols of one level (+ - or * / %)."""

    symbols: str
    operands: tuple["Node", ...]
    spots: tuple[Spot, ...]
    """Of each symbol."""

    @property
    def spot(self) -> Spot:
        return self.spots[0]


@dataclass(frozen=True, slots=True)
class Comparison:
    symbol: str
    left: "Node"
    right: "Node"
    spot: Spot


@dataclass(frozen=True, slots=True)
class Logic:
    """Several conditions joined by && (conjunction) or ||."""

    conjunction: bool
    conditions: tuple["Node", ...]
    spot: Spot


@dataclass(frozen=True, slots=True)
class Inversion:
    condition: "Node"
    spot: Spot


@dataclass(frozen=True, slots=True)
class Negation:
    operand: "Node"
    spot: Spot


@dataclass(frozen=True, slots=True)
class Fallback:
    """The first operand that is not null."""

    operands: tuple["Node", ...]
    spot: Spot


@dataclass(frozen=True, slots=True)
class Choice:
    condition: "Node"
    then: "Node"
    otherwise: "Node"
    spot: Spot


Node = Literal | Read | ClockReading | Call | Arithmetic | Comparison | Logic | Inversion | Negation | Fallback | Choice
