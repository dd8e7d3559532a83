"""Every function by example, and what null does to each."""

import re
from datetime import UTC, datetime

import pytest

from synchronisation.expressions import ExpressionFailed
from synchronisation.expressions.functions import FUNCTIONS
from tests.unit.synchronisation.expressions.trial import evaluate

TEXT = [
    (r'Trim("  Ada \t\n")', "Ada"),
    ('Upper("straße")', "STRASSE"),
    ('Lower("ÉMILE")', "émile"),
    ("Lower(true)", "true"),
    ('Capitalise("o\'brien-smith")', "O'Brien-Smith"),
    ('Capitalise("anne-marie van der berg")', "Anne-Marie Van Der Berg"),
    ('Capitalise("McDonald")', "McDonald"),
    ('Capitalise("jose\u0301 é (ann)")', "Jose\u0301 É (Ann)"),
    ('Capitalise("d’arcy 3rd")', "D’Arcy 3rd"),
    ('Left("Ada", 2)', "Ad"),
    ('Left("Ada", 0)', ""),
    ('Left("Ada", 1000000000000)', "Ada"),
    ("Left(12345, 2)", "12"),
    ('Right("Ada", 2)', "da"),
    ('Right("Ada", 0)', ""),
    ('Right("Ada", 9)', "Ada"),
    ('Substring("Lovelace", 4)', "lace"),
    ('Substring("Lovelace", 0, 4)', "Love"),
    ('Substring("Lovelace", 4, 99)', "lace"),
    ('Substring("Lovelace", 99)', ""),
    ('Substring("Lovelace", 2.0, 1)', "v"),
    ('Replace("a.b.c", ".", "")', "abc"),
    ('Replace("abc", "", "-")', "abc"),
    ('Length("Zoë")', 3),
    ('Length("")', 0),
    ('Length(Split("a b", " "))', 2),
    ('IsNullOrEmpty("")', True),
    ('IsNullOrEmpty(" ")', False),
    ("IsNullOrEmpty(0)", False),
    (r'IsNullOrWhitespace(" \t")', True),
    ('IsNullOrWhitespace("a")', False),
    ("IsNullOrWhitespace(false)", False),
    ('StartsWith("Ada", "A")', True),
    ('StartsWith("Ada", "a")', False),
    ('EndsWith("Ada", "da")', True),
    ('EndsWith("Ada", "Da")', False),
    ('Contains("Ada", "")', True),
    ('Contains("Ada", "D")', False),
]
CHOICE = [
    ('IIF(1 < 2, "yes", "no")', "yes"),
    ('IIF(null, "yes", "no")', "no"),
    ('Coalesce(null, "", "b")', ""),
    ("Coalesce(null, false, true)", False),
    ('Eq("a", "A")', False),
    ("Eq(1, 1.0)", True),
]
CONVERSION = [
    ("ToString(true)", "true"),
    ("ToString(-42)", "-42"),
    ("ToString(1.50)", "1.5"),
    ("ToString(100.0)", "100"),
    ("ToString(Today())", "2024-01-31T00:00:00Z"),
    ('ToInt(" 42 ")', 42),
    ('ToInt("-007")', -7),
    ('ToInt("4.9")', 4),
    ("ToInt(-4.9)", -4),
    ("ToInt(true)", 1),
    ('ToInt("forty")', 0),
    ('ToInt("4 2")', 0),
    ('ToInt("")', 0),
    ("ToInt(Now())", 0),
]
DATE = [
    ("Now()", datetime(2024, 1, 31, 8, 15, 30, tzinfo=UTC)),
    ("Today()", datetime(2024, 1, 31, tzinfo=UTC)),
    ('FormatDate(Now(), "yyyy-MM-dd HH:mm:ss")', "2024-01-31 08:15:30"),
    ('FormatDate(Now(), "yyyyMMddHHmmss.0Z")', "20240131081530.0Z"),
    ("FormatDate(Now(), \"dd 'of' MM {0}\")", "31 of 01 {0}"),
    ('FormatDate("0987-06-05", "dd/MM/yyyy")', "05/06/0987"),
    ('FormatDate("2024-01-31T01:00:00+02:00", "yyyy-MM-dd")', "2024-01-30"),
    ("ToFileTime(Today())", 133_511_328_000_000_000),
    ('ToFileTime("1601-01-01")', 0),
    ("FromFileTime(133511328000000000)", datetime(2024, 1, 31, tzinfo=UTC)),
    ("FromFileTime(0)", None),
    ("FromFileTime(9223372036854775807)", None),
]
DIRECTORY = [
    ('EscapeDN("Lovelace, Ada")', r"Lovelace\, Ada"),
    (r'EscapeDN("a\"b+c;d<e>f\\g")', r"a\"b\+c\;d\<e\>f\\g"),
    ('EscapeDN(" a b ")', r"\ a b\ "),
    ('EscapeDN(" ")', r"\ "),
    ('EscapeDN("#1")', r"\#1"),
    ('EscapeDN("1#2=3")', "1#2=3"),
    (r'EscapeDN("a\nb")', r"a\0Ab"),
]
LISTS = [
    ('CollectionContains(Split("a,b", ","), "b")', True),
    ('CollectionContains(Split("a,b", ","), "B")', False),
    ('CollectionContains("a", "a")', True),
    ('Split(" a ; ;b;", ";")', ["a", "b"]),
    ('Split(" ; ", ";")', None),
    ('Join(Split("a,,b", ","))', "a,b"),
    ('Join(Split("a,b", ","), " + ")', "a + b"),
    ('Join("", ";")', None),
    ("Join(7)", "7"),
]
ACCOUNTS = [
    ("EnableUser(514)", 512),
    ("EnableUser(66050)", 66048),
    ("EnableUser(512)", 512),
    ("DisableUser(512)", 514),
    ("DisableUser(514)", 514),
    ("SetBit(512, 65536)", 66048),
    ("ClearBit(66048, 65536)", 512),
    ("ClearBit(512, 65536)", 512),
    ("HasBit(514, 2)", True),
    ("HasBit(512, 2)", False),
    ("HasBit(514, 3)", False),
]
NULLS = [
    ("Trim(null)", None),
    ("Upper(null)", None),
    ("Lower(null)", None),
    ("Capitalise(null)", None),
    ("Left(null, 1)", None),
    ('Left("a", null)', None),
    ("Right(null, 1)", None),
    ("Substring(null, 1)", None),
    ('Substring("a", 0, null)', None),
    ('Replace("a", "a", null)', None),
    ("Length(null)", None),
    ("IsNullOrEmpty(null)", True),
    ("IsNullOrWhitespace(null)", True),
    ('StartsWith(null, "a")', None),
    ('EndsWith("a", null)', None),
    ('Contains(null, "a")', None),
    ("IIF(true, null, 1)", None),
    ("Coalesce(null, null)", None),
    ("Eq(null, null)", True),
    ('Eq(null, "")', False),
    ("ToString(null)", None),
    ("ToInt(null)", 0),
    ('FormatDate(null, "yyyy")', None),
    ("FormatDate(Now(), null)", None),
    ("ToFileTime(null)", None),
    ("FromFileTime(null)", None),
    ("EscapeDN(null)", None),
    ("RandomPassword(null)", None),
    ("RandomPassphrase(4, null)", None),
    ('CollectionContains(null, "a")', False),
    ('CollectionContains("a", null)', False),
    ('Split(null, ",")', None),
    ("Join(null)", None),
    ("EnableUser(null)", 512),
    ("DisableUser(null)", 514),
    ("SetBit(null, 2)", None),
    ("ClearBit(2, null)", None),
    ("HasBit(null, 2)", None),
]
FAILURES = [
    ('Left("Ada", -1)', "Left needs a number of 0 or more, not -1 (line 1, column 1)"),
    ('Left("Ada", "2")', "Left needs a number, not text; ToInt turns text into one (line 1, column 1)"),
    ('Left("Ada", 1.5)', "Left needs a whole number, not 1.5 (line 1, column 1)"),
    ('Lower(Split("a b", " "))', "Lower needs text, not a list (line 1, column 1)"),
    ("IIF(1, 2, 3)", "IIF needs true or false, not a number (line 1, column 1)"),
    (
        'ToInt("9223372036854775808")',
        "ToInt meets or makes a whole number that does not fit in 64 bits (line 1, column 1)",
    ),
    ('ToInt(Split("1", ","))', "ToInt needs a single value, not a list (line 1, column 1)"),
    (
        'FormatDate(Now(), "yy")',
        "FormatDate cannot use 'y' in the format \"yy\"; it knows yyyy MM dd HH mm ss, and other letters "
        "stand in single quotes (line 1, column 1)",
    ),
    (
        'FormatDate("soon", "yyyy")',
        'FormatDate cannot read "soon" as a date; write it like 2024-01-31T08:00:00Z (line 1, column 1)',
    ),
    ('FormatDate(1, "yyyy")', "FormatDate needs a date, not a number (line 1, column 1)"),
    ('ToFileTime("1600-12-31")', "ToFileTime cannot write a date before 1601 as a FILETIME (line 1, column 1)"),
    ("FromFileTime(-1)", "FromFileTime needs a FILETIME of 0 or more, not -1 (line 1, column 1)"),
    (
        "FromFileTime(9223372036854775806)",
        "FromFileTime meets the FILETIME 9223372036854775806, which lies after the year 9999 (line 1, column 1)",
    ),
    ('Split("a", "")', "Split needs a delimiter that is not empty (line 1, column 1)"),
    ("RandomPassword(3)", "RandomPassword makes passwords of 4 to 256 characters, not 3 (line 1, column 1)"),
    ("RandomPassphrase(1)", "RandomPassphrase makes passphrases of 2 to 32 words, not 1 (line 1, column 1)"),
    ("SetBit(1, -2)", "SetBit needs a number of 0 or more, not -2 (line 1, column 1)"),
]


@pytest.mark.parametrize(
    ("text", "value"),
    TEXT + CHOICE + CONVERSION + DATE + DIRECTORY + LISTS + ACCOUNTS + NULLS,
    ids=lambda case: str(case),
)
def test_function_gives_the_documented_value(text: str, value: object) -> None:
    result = evaluate(text)

    assert (type(result), result) == (type(value), value)


@pytest.mark.parametrize(("text", "message"), FAILURES, ids=[text for text, _ in FAILURES])
def test_function_that_cannot_give_a_value_says_why_and_where(text: str, message: str) -> None:
    with pytest.raises(ExpressionFailed) as failed:
        evaluate(text)

    assert str(failed.value) == message


def test_every_function_with_arguments_has_an_example_with_null() -> None:
    shown = {match[0] for text, _ in NULLS if (match := re.match(r"\w+", text))}

    assert shown == set(FUNCTIONS) - {"Now", "Today"}


@pytest.mark.parametrize(
    ("text", "alphabet"),
    [
        ("RandomPassword(40)", r"[A-Za-z0-9!#$%*+\-.:=?@_]{40}"),
        ("RandomPassword(40, true)", r"[A-Za-z0-9!#$%*+\-.:=?@_]{40}"),
        ("RandomPassword(40, false)", r"[A-Za-z0-9]{40}"),
        ('RandomPassword(40, "&")', r"(?=.*&)[A-Za-z0-9&]{40}"),
        ("RandomPassphrase(5)", r"[a-z]+(-[a-z]+){4}"),
        ('RandomPassphrase(3, "")', r"[a-z]+"),
    ],
)
def test_secret_has_the_asked_shape_and_never_repeats(text: str, alphabet: str) -> None:
    secrets = {str(evaluate(text)) for _ in range(20)}

    assert len(secrets) == 20
    assert [secret for secret in secrets if not re.fullmatch(alphabet, secret)] == []


def test_shortest_password_still_has_one_character_of_each_class() -> None:
    passwords = [str(evaluate("RandomPassword(4)")) for _ in range(50)]

    classes = [r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]"]
    assert all(re.search(group, password) for password in passwords for group in classes)


def test_classes_stand_in_no_fixed_order() -> None:
    passwords = [str(evaluate("RandomPassword(4)")) for _ in range(200)]

    first_is_lower = sum(password[0].islower() for password in passwords)
    assert 0 < first_is_lower < 200
