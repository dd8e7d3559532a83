"""The expression language of attribute mappings: text in, a compiled and checked callable out.

    compiled = compile_expression('Lower(mv["First Name"]) + "@x.com"', mv=names, cs=None)
    value = compiled.evaluate(mv_document, {}, clock)       # None: no value; raises ExpressionFailed

The way through: parse.py (grammar.lark) -> check.py -> generate.py, joined in compile.py; at run time
operators.py and functions.py (library/) on values.py, with documents.py at both ends.

What the language means, where its one-page definition leaves it open:

* **Values decide, not declarations.** An operand is text when its value is text. So `null + "a"` is "a", and
  `null + null` and `null + 1` are null.
* **Null.** `null == null` is true, null equals nothing else, and `<` and its kin are false with null. Arithmetic with
  null is null. A condition takes null for false; so `!null` is true, and `&& || !` give true or false always.
  Any null argument makes a function null, except in `IsNullOrEmpty`, `IsNullOrWhitespace`, `ToInt` (0),
  `CollectionContains` (false), `EnableUser` and `DisableUser` (from 512). An empty list does not exist: an attribute
  without values, a `Split` or a `Join` with nothing left are null.
* **Kinds.** Only true and false are conditions; text and numbers are not. `==` never converts and never fails: "1" is
  not 1, true is not 1, but 1 is 1.0. `<` compares two numbers, two texts (exactly, by code point) or two
  dates; anything else fails. Where a date meets text, the text is read as an ISO 8601 date.
* **Text from other kinds.** Text functions, `+` and `ToString` write true, 42, 1.5 (no exponent, no trailing zeros),
  2024-01-31T08:00:00Z, and binary as base64. A list is refused: use `Join`. Text never becomes a number
  by itself: use `ToInt`, which cuts decimals off and gives 0 for what is no number.
* **Numbers.** Whole numbers have 64 bits and fail beyond them; decimals have 28 digits, as in .NET. `%` has the sign
  of its left side, as `/` truncates toward zero.
* **Positions** count characters from 0. `Left`, `Right` and `Substring` beyond the end give what there is; negative
  numbers fail. `Replace` of empty text changes nothing. `Length` of a list counts its values.
* **Lists.** Where a list is expected, a single value is a list of one. `Join` separates by a comma by default.
* **Dates** without a time zone are UTC. In formats, T, Z and 'quoted' letters stand for themselves.
* **Secrets.** `RandomPassword(length, symbols)`: symbols is true (the default), false or a text of those to use; 4 to
  256 characters. `RandomPassphrase`: 2 to 32 words, joined by a hyphen by default.
* **Limits.** 4,000 characters and 64 nested levels; texts of 1,000,000 characters, lists of 100,000 values. Chains such
  as `a + b + c` or `a || b || c` count as one level however long they are.
"""

from synchronisation.expressions.attributes import AnyNames, AttributeInfo, AttributeNames
from synchronisation.expressions.compile import Clock, CompiledExpression, compile_expression
from synchronisation.expressions.documents import to_document
from synchronisation.expressions.errors import ExpressionError, ExpressionFailed
from synchronisation.expressions.values import Result

__all__ = [
    "AnyNames",
    "AttributeInfo",
    "AttributeNames",
    "Clock",
    "CompiledExpression",
    "ExpressionError",
    "ExpressionFailed",
    "Result",
    "compile_expression",
    "to_document",
]
