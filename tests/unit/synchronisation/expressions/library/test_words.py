"""The word list of random passphrases."""

import re

from synchronisation.expressions.library.words import WORDS


def test_words_are_plain_unique_and_worth_ten_bits_each() -> None:
    assert len(set(WORDS)) == len(WORDS) >= 1024
    assert [word for word in WORDS if not re.fullmatch("[a-z]{3,10}", word)] == []
