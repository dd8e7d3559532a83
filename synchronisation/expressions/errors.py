"""What can be wrong with an expression.

    ExpressionError                  the text cannot be accepted; found when it is saved
    ├── ExpressionSyntaxError        it is no expression; `expected` says what could have stood there
    ├── ExpressionTooLargeError      it is too long or nests too deeply
    ├── UnknownFunctionError         no function has this name; `suggestion` is the nearest one
    ├── ArgumentCountError           the function takes another number of arguments
    └── AttributeNameError           an attribute cannot be named here
        ├── UnknownAttributeError    the schema does not have it; `suggestion` is the nearest one
        ├── ReferenceAttributeError  it holds references, which expressions do not see
        └── SideNotAvailableError    this rule has no `mv` or no `cs`

    ExpressionFailed                 it has no value for this one object; becomes the object's item error
    ├── WrongKindFailed              text where a number is needed, and the like
    ├── BadValueFailed               right kind, impossible value: division by zero, a bad date format
    ├── NullOperandFailed            `+` met null where an identifier is built
    └── LimitFailed                  the result would be too long, or does not fit in 64 bits

Every message is a sentence for the administrator that ends with its place.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the text: line and column from 1, offset from 0, all in characters."""

    line: int
    column: int
    offset: int

    def __str__(self) -> str:
        return f"line {self.line}, column {self.column}"


class ExpressionError(Exception):
    """The text cannot be accepted as an expression.

    problem: the sentence without its place. expected: what could have stood there, for syntax errors.
    suggestion: the nearest known name, for unknown names.
    """

    def __init__(
        self, problem: str, place: Place, *, expected: tuple[str, ...] = (), suggestion: str | None = None
    ) -> None:
        super().__init__(f"{problem} ({place})")
        self.problem = problem
        self.line = place.line
        self.column = place.column
        self.offset = place.offset
        self.expected = expected
        self.suggestion = suggestion


class ExpressionSyntaxError(ExpressionError):
    """The text is no expression."""


class ExpressionTooLargeError(ExpressionError):
    """The text is longer, or nests deeper, than an expression may."""


class UnknownFunctionError(ExpressionError):
    """No function has this name."""


class ArgumentCountError(ExpressionError):
    """The function takes another number of arguments."""


class AttributeNameError(ExpressionError):
    """An attribute cannot be named here."""


class UnknownAttributeError(AttributeNameError):
    """The schema does not have this attribute."""


class ReferenceAttributeError(AttributeNameError):
    """The attribute holds references, which expressions do not see."""


class SideNotAvailableError(AttributeNameError):
    """`mv` or `cs` means nothing where this expression is used."""


class ExpressionFailed(Exception):
    """The expression has no value for this object.

    reason: what went wrong, beginning with a verb. operation: the function or operator that failed, as
    written. The place is filled in on the way out, by `at`; functions need not know where they stand.
    step: which operator of a flat chain such as `a - b - c` failed, from 0.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.operation = ""
        self.line = 0
        self.column = 0
        self.offset = 0
        self.step = 0

    def at(self, operation: str, place: Place) -> "ExpressionFailed":
        """This failure, with where it happened."""
        self.operation = operation
        self.line, self.column, self.offset = place.line, place.column, place.offset
        return self

    def __str__(self) -> str:
        if not self.operation:
            return self.reason
        return f"{self.operation} {self.reason} (line {self.line}, column {self.column})"


class WrongKindFailed(ExpressionFailed):
    """A value is of a kind that cannot be used here."""


class BadValueFailed(ExpressionFailed):
    """A value is of the right kind and still impossible here."""


class NullOperandFailed(ExpressionFailed):
    """`+` met null in an expression that builds an identifier."""


class LimitFailed(ExpressionFailed):
    """A result would be larger than an expression may make."""
