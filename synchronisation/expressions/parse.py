"""Parse: the text of an expression -> a syntax tree of bounded depth.

In: text as an administrator wrote it. Out: a lark tree whose branches and leaves know their place.
Always: linear time, no recursion over the text; what is no expression raises an ExpressionError that says
what was expected. Nothing is looked up yet; that is check.py.
"""

from pathlib import Path
from typing import TypeGuard

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput

from synchronisation.expressions.errors import ExpressionSyntaxError, ExpressionTooLargeError, Place

Branch = Tree[Token]

MAX_LENGTH = 4_000
"""Characters. The longest expressions seen in practice, look-up tables written as conditions, stay under 3,000."""

MAX_DEPTH = 64
"""Nested branches. Generated code nests up to eight Python nodes per level and Python refuses about 900."""

_PARSER = Lark(
    Path(__file__).with_name("grammar.lark").read_text(encoding="utf-8"), parser="lalr", propagate_positions=True
)

_VALUE = "a value"
_VALUE_STARTS = frozenset({"TEXT", "INTEGER", "DECIMAL", "TRUE", "FALSE", "NULL", "MV", "CS", "NAME", "LPAR"})
_UNARY = frozenset({"MINUS", "NOT"})
_COMPARING = frozenset({"EQUAL", "UNEQUAL", "LESS", "AT_MOST", "MORE", "AT_LEAST"})
_CALCULATING = frozenset({"PLUS", "MINUS", "TIMES", "DIVIDE", "MODULO"})
_OPERATORS = frozenset({"QUESTION", "FALLBACK", "OR", "AND"}) | _COMPARING | _CALCULATING
_PUNCTUATION = {
    "LPAR": '"("',
    "RPAR": '")"',
    "LSQB": '"["',
    "RSQB": '"]"',
    "COMMA": '","',
    "COLON": '":"',
    "TEXT": "text in double quotes",
    "$END": "the end",
}
_HINTS = {
    '"': r"text that starts here is not closed, or holds an escape other than \" \\ \n \t",
    "'": "text stands in double quotes",
    "“": 'text stands in straight double quotes (")',
    "”": 'text stands in straight double quotes (")',
    "=": '"==" compares; expressions assign nothing',
    "&": '"&&" means and',
    "|": '"||" means or',
}


def is_branch(child: Branch | Token) -> TypeGuard[Branch]:
    return isinstance(child, Tree)


def parse(text: str) -> Branch:
    """The syntax tree of text. Raises: ExpressionSyntaxError, ExpressionTooLargeError."""
    if len(text) > MAX_LENGTH:
        raise ExpressionTooLargeError(
            f"The expression has {len(text):,} characters, at most {MAX_LENGTH:,} are allowed; split it into several",
            place_at(text, MAX_LENGTH),
        )
    if not text.strip():
        raise ExpressionSyntaxError("The expression is empty", Place(1, 1, 0), expected=(_VALUE,))
    interactive = _PARSER.parse_interactive(text)
    try:
        interactive.exhaust_lexer()
        tree: Branch = interactive.feed_eof()  # type: ignore[no-untyped-call]  # lark leaves it unannotated
    except UnexpectedInput as unexpected:
        accepted: set[str] = interactive.accepts()  # type: ignore[no-untyped-call]  # as above
        raise _syntax_error(text, unexpected, accepted) from None
    _check_depth(tree)
    return tree


def place_at(text: str, offset: int) -> Place:
    """The line and column of an offset into text."""
    before = text[:offset]
    return Place(before.count("\n") + 1, offset - before.rfind("\n"), offset)


def place_of(part: Branch | Token) -> Place:
    """Where a branch or token of a tree of ours begins."""
    if is_branch(part):
        return Place(part.meta.line, part.meta.column, part.meta.start_pos)
    assert isinstance(part, Token)
    return Place(part.line or 1, part.column or 1, part.start_pos or 0)


def _check_depth(tree: Branch) -> None:
    """Refuse deep trees without recursing into them: branches come children first."""
    depth_by_branch: dict[int, int] = {}
    for branch in tree.iter_subtrees():
        depth = 1 + max((depth_by_branch[id(child)] for child in branch.children if is_branch(child)), default=0)
        if depth > MAX_DEPTH:
            raise ExpressionTooLargeError(
                f"The expression nests more than {MAX_DEPTH} levels deep; split it into several", place_of(branch)
            )
        depth_by_branch[id(branch)] = depth


def _syntax_error(text: str, unexpected: UnexpectedInput, accepted: set[str]) -> ExpressionSyntaxError:
    expected = _describe(accepted)
    offset = _offset_of(text, unexpected)
    found = "the end" if offset >= len(text) else _found(text, offset, unexpected)
    problem = f"Found {found} where {_join(expected)} was expected"
    if isinstance(unexpected, UnexpectedCharacters) and (hint := _HINTS.get(text[offset])):
        problem += f": {hint}"
    return ExpressionSyntaxError(problem, place_at(text, offset), expected=expected)


def _offset_of(text: str, unexpected: UnexpectedInput) -> int:
    """Offset of what was not expected; lark gives the end the place of the last token."""
    token = getattr(unexpected, "token", None)
    if isinstance(token, Token) and token.type == "$END":
        return len(text.rstrip())
    return unexpected.pos_in_stream or 0


def _found(text: str, offset: int, unexpected: UnexpectedInput) -> str:
    token = getattr(unexpected, "token", None)
    word = str(token) if isinstance(token, Token) and token else text[offset]
    return word if word.startswith('"') and len(word) > 1 else f"'{word}'"


def _describe(accepted: set[str]) -> tuple[str, ...]:
    """Terminal names in an administrator's words, the sets that mean "a value" and "an operator" folded."""
    phrases = []
    if accepted >= _VALUE_STARTS:
        phrases.append(_VALUE)
        accepted = accepted - _VALUE_STARTS - _UNARY
    if accepted & _OPERATORS:
        phrases.append("an operator")
        accepted = accepted - _OPERATORS
    return tuple(phrases + sorted(_PUNCTUATION[name] for name in accepted))


def _join(phrases: tuple[str, ...]) -> str:
    *first, last = phrases
    return f"{', '.join(first)} or {last}" if first else last
