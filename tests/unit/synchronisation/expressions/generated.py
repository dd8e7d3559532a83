"""Strategies: expressions of every shape, and documents of every stored form."""

from hypothesis import strategies as st

from synchronisation.expressions.functions import FUNCTIONS, Argument, Function
from tests.unit.synchronisation.expressions.trial import KEY

READABLE = [name for name in KEY if name != "Manager"]

_PLAIN = st.sampled_from(list(" -,.'#\\\"\n\tabcXYZ019éßİ😀{}%"))
_ESCAPES = str.maketrans({'"': r"\"", "\\": r"\\", "\n": r"\n", "\t": r"\t"})


def literal_text(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'


_TEXTS = st.one_of(
    st.text(_PLAIN, max_size=8).map(literal_text),
    st.sampled_from(['"yyyy-MM-dd"', '"2024-01-31"', '"0001-01-01T00:00:00+14:00"', '"42"', '"-1.5"']),
)
_LEAVES = st.one_of(
    _TEXTS,
    st.integers(0, 70).map(str),
    st.sampled_from(["9223372036854775807", "4294967296", "0.5", "9999999999999999999999999.5", "0.000000000000001"]),
    st.sampled_from(["true", "false", "null", "Now()", "Today()"]),
    st.builds('{}["{}"]'.format, st.sampled_from(["mv", "cs"]), st.sampled_from(READABLE)),
)
_OPERATORS = st.sampled_from(["+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "??"])


_FITTING = {
    Argument.TEXT: "ToString({})",
    Argument.COUNT: "Length(ToString({}))",
    Argument.INTEGER: "ToInt({})",
    Argument.CONDITION: "({} == 1)",
    Argument.DATE: "FromFileTime(ToInt({}))",
    Argument.LIST: 'Split(ToString({}), ",")',
    Argument.ANY: "{}",
}
"""What makes most values fit an argument: without it two calls in three only fail on the wrong kind."""


def _call(function: Function, arguments: list[str], fitting: bool) -> str:
    given = [
        _FITTING[read].format(argument) if fitting else argument
        for (_, read), argument in zip(function.parameters, arguments, strict=False)
    ]
    return f"{function.name}({', '.join(given)})"


_FUNCTIONS = st.sampled_from(list(FUNCTIONS.values()))
_MOSTLY = st.sampled_from([True, True, True, False])


def _branches(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds(_call, _FUNCTIONS, st.lists(inner, min_size=3, max_size=3), _MOSTLY),
        st.builds("({} {} {} {} {})".format, inner, _OPERATORS, inner, _OPERATORS, inner),
        st.builds("(ToInt({}) {} ToInt({}))".format, inner, _OPERATORS, inner),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("{}({})".format, st.sampled_from("!-"), inner),
    )


EXPRESSIONS = st.recursive(_LEAVES, _branches, max_leaves=10)

_STORED = {
    "First Name": st.text(max_size=10),
    "Last Name": st.text(max_size=10),
    "Age": st.integers(-(2**31), 2**31 - 1),
    "Badge": st.integers(-(2**63), 2**63 - 1),
    "Salary": st.decimals(allow_nan=False, allow_infinity=False).map(str),
    "Start": st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    "Active": st.booleans(),
    "Object GUID": st.uuids().map(str),
    "Photo": st.sampled_from(["", "AAE=", "Zm9v"]),
    "Proxy Addresses": st.lists(st.text(max_size=6), max_size=4),
    "Raises": st.lists(st.sampled_from(["1.50", "0", "-3"]), max_size=3),
}
SAMPLES = st.fixed_dictionaries({}, optional=_STORED)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)
