"""Fingerprints: equal exactly when nothing changed; for references a sum that grows and shrinks by one member."""

import orjson
from hypothesis import given
from hypothesis import strategies as st

from synchronisation.rules.values import fingerprint, hash_text, reference_fingerprint

References = set[tuple[int, str]]
references = st.sets(st.tuples(st.integers(1, 5), st.text(st.characters(codec="utf-8"), max_size=5)), max_size=20)


def total(members: References) -> int:
    mark = reference_fingerprint(sorted(members))
    return int(mark, 16) if mark is not None else 0


@given(references, references)
def test_adding_members_adds_their_sum(some: References, others: References) -> None:
    assert total(some | others) == (total(some) + total(others - some)) % 2**128


@given(references, references)
def test_removing_members_subtracts_their_sum(some: References, others: References) -> None:
    assert total(some - others) == (total(some) - total(some & others)) % 2**128


@given(references)
def test_order_of_references_does_not_matter(members: References) -> None:
    ordered = sorted(members)
    assert reference_fingerprint(ordered) == reference_fingerprint(ordered[::-1])


def test_no_references_have_no_fingerprint() -> None:
    assert reference_fingerprint([]) is None


def test_same_text_in_another_attribute_is_another_reference() -> None:
    assert reference_fingerprint([(1, "a")]) != reference_fingerprint([(2, "a")])


def test_attribute_and_text_do_not_run_together() -> None:
    assert reference_fingerprint([(1, "1:a")]) != reference_fingerprint([(11, "a")])


@given(*[st.dictionaries(st.sampled_from("123"), st.text(st.characters(codec="utf-8")))] * 2)
def test_documents_have_one_fingerprint_exactly_when_they_are_equal(one: dict[str, str], other: dict[str, str]) -> None:
    marks = [fingerprint(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)) for document in (one, other)]
    assert (marks[0] == marks[1]) is (one == other)
    assert len(bytes.fromhex(marks[0])) == 16


def test_hash_of_half_a_surrogate_pair_does_not_fail() -> None:
    assert hash_text("\ud800") != hash_text("\udc00")
