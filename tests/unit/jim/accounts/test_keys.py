import pytest

from jim.accounts.keys import KeyFormatError, check_format, generate_key, hash_key


def test_generated_keys_have_the_format_and_differ() -> None:
    first, second = generate_key(), generate_key()
    check_format(first)
    assert first != second


@pytest.mark.parametrize(
    "key",
    ["", "jim_ak_", "jim_" + "0" * 32, "jim_ak_" + "0" * 31, "jim_ak_" + "A" * 32, "jim_ak_" + "0" * 32 + "\n"],
)
def test_check_format_refuses_other_forms(key: str) -> None:
    with pytest.raises(KeyFormatError, match="at least 32 of the digits"):
        check_format(key)


def test_check_format_does_not_repeat_the_key() -> None:
    with pytest.raises(KeyFormatError) as caught:
        check_format("my secret")
    assert "my secret" not in str(caught.value)


def test_hash_key_is_sha256_in_hexadecimal() -> None:
    assert hash_key("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
