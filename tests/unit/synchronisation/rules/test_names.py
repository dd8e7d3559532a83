"""Names: when two distinguished names, or two plain identifiers, are the same to a reference."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from synchronisation.rules.values import hash_name, normalise_name

SAME = [
    ("plain identifiers without regard to case", "E-17", "e-17"),
    ("plain identifiers without spaces around", " e-17 ", "e-17"),
    ("case", "CN=Zoë,OU=People", "cn=zoË,ou=PEOPLE"),
    ("spaces around separators", "cn = Zoë , ou= People", "cn=Zoë,ou=People"),
    ("spaces around a plus", "cn=a + uid=1,o=x", "cn=a+uid=1,o=x"),
    ("a comma escaped by hex or by character", "cn=Smith\\2C John,o=x", "cn=Smith\\, John,o=x"),
    ("UTF-8 in hex", "cn=Zo\\c3\\ab,o=x", "cn=Zoë,o=x"),
    ("composed and decomposed", "cn=Zoe\u0308,o=x", "cn=Zo\u00eb,o=x"),
    ("a number sign escaped by hex or by character", "cn=\\#1,o=x", "cn=\\231,o=x"),
    ("an equals sign escaped or not", "cn=a\\=b,o=x", "cn=a\\3db,o=x"),
    ("an escaped letter", "cn=\\61b,o=x", "cn=ab,o=x"),
    ("a quotation mark", 'cn=\\"a\\",o=x', "cn=\\22a\\22,o=x"),
]

DIFFERENT = [
    ("another value", "cn=a,o=x", "cn=b,o=x"),
    ("a comma in a value is no separator", "cn=a\\,o=x", "cn=a,o=x"),
    ("spaces within a value", "cn=a b,o=x", "cn=ab,o=x"),
    ("an escaped backslash before hex digits", "cn=a\\\\2c,o=x", "cn=a\\,,o=x"),
    ("spaces within a plain identifier", "e 17", "e17"),
]


@pytest.mark.parametrize(("one", "other"), [case[1:] for case in SAME], ids=[case[0] for case in SAME])
def test_same_name(one: str, other: str) -> None:
    assert normalise_name(one) == normalise_name(other)


@pytest.mark.parametrize(("one", "other"), [case[1:] for case in DIFFERENT], ids=[case[0] for case in DIFFERENT])
def test_different_names(one: str, other: str) -> None:
    assert normalise_name(one) != normalise_name(other)


@given(st.text())
def test_any_text_has_a_hash_of_128_bits(text: str) -> None:
    assert len(bytes.fromhex(hash_name(text))) == 16


def escaped(character: str) -> str:
    return "".join(f"\\{byte:02X}" for byte in character.encode())


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Z", "C", "M")), min_size=1))
@example("\\")
def test_name_does_not_depend_on_what_is_escaped_in_hex(value: str) -> None:
    plain = "".join(escaped(c) if c in ',+"\\<>;=#' else c for c in value)
    whole = "".join(map(escaped, value))
    assert normalise_name(f"cn={plain},o=x") == normalise_name(f"CN={whole}, O=x")
