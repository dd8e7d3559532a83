"""Exports: the laws by which queued changes are compared, laid over each other and confirmed."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synchronisation.rules.exports import (
    Changes,
    Verdict,
    apply_changes,
    confirm,
    difference,
    merge,
    unconfirmed,
)
from synchronisation.rules.values import as_set

SINGLE, MULTI = ("1", "2"), ("3", "4")

scalars = st.sampled_from(["a", "b", 1, True]) | st.text(max_size=3)
texts = st.sampled_from(["a", "b", "c", "d"])
value_sets = st.lists(texts, min_size=1, max_size=4).map(as_set)
documents = st.fixed_dictionaries({}, optional=dict.fromkeys(SINGLE, scalars) | dict.fromkeys(MULTI, value_sets))
wishes = st.fixed_dictionaries(
    {}, optional={key: st.none() | scalars for key in SINGLE} | {key: st.none() | value_sets for key in MULTI}
)
steps = st.tuples(st.lists(texts, max_size=3), st.lists(texts, max_size=3)).map(
    lambda both: {"add": as_set(both[0]), "remove": as_set(list(set(both[1]) - set(both[0])))}
)
changes = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(SINGLE, st.none() | scalars) | dict.fromkeys(MULTI, steps),
)
Document = dict[str, Any]


@given(wishes, documents)
def test_difference_turns_the_document_into_what_is_wanted(wanted: Document, document: Document) -> None:
    result = apply_changes(document, difference(wanted, document))
    assert {key: result.get(key) for key in wanted} == wanted
    assert {key: value for key, value in result.items() if key not in wanted} == {
        key: value for key, value in document.items() if key not in wanted
    }


@given(wishes, documents)
def test_nothing_differs_once_the_difference_is_applied(wanted: Document, document: Document) -> None:
    assert difference(wanted, apply_changes(document, difference(wanted, document))) == {}


@given(documents, changes)
def test_applying_twice_is_applying_once(document: Document, change: Changes) -> None:
    once = apply_changes(document, change)
    assert apply_changes(once, change) == once


@given(documents, changes)
def test_applying_leaves_the_given_document_alone(document: Document, change: Changes) -> None:
    before = {key: list(value) if isinstance(value, list) else value for key, value in document.items()}
    apply_changes(document, change)
    assert document == before


@given(documents, changes, changes)
def test_merged_changes_do_what_both_do_in_turn(document: Document, older: Changes, newer: Changes) -> None:
    in_turn = apply_changes(apply_changes(document, older), newer)
    assert apply_changes(document, merge(older, newer)) == in_turn


@given(documents, changes, changes, changes)
def test_merging_may_be_grouped_in_any_way(document: Document, a: Changes, b: Changes, c: Changes) -> None:
    assert apply_changes(document, merge(merge(a, b), c)) == apply_changes(document, merge(a, merge(b, c)))


@given(documents, changes)
def test_object_that_shows_everything_leaves_nothing_unconfirmed(document: Document, sent: Changes) -> None:
    assert unconfirmed(sent, apply_changes(document, sent)) == {}


@given(documents, changes)
def test_what_is_unconfirmed_is_what_is_still_to_do(document: Document, sent: Changes) -> None:
    left = unconfirmed(sent, document)
    assert apply_changes(document, left) == apply_changes(document, sent)
    assert left.keys() <= sent.keys()


@pytest.mark.parametrize(
    ("wanted", "document", "expected"),
    [
        ({"1": "a"}, {}, {"1": "a"}),
        ({"1": "a"}, {"1": "b"}, {"1": "a"}),
        ({"1": None}, {"1": "b"}, {"1": None}),
        ({"1": None}, {}, {}),
        ({"1": True}, {"1": 1}, {"1": True}),
        ({"1": "A"}, {"1": "a"}, {"1": "A"}),
        ({}, {"1": "b"}, {}),
        ({"3": ["a", "b"]}, {"3": ["b", "c"]}, {"3": {"add": ["a"], "remove": ["c"]}}),
        ({"3": ["b", "a"]}, {"3": ["a", "b"]}, {}),
        ({"3": None}, {"3": ["a"]}, {"3": {"add": [], "remove": ["a"]}}),
        ({"3": ["a"]}, {}, {"3": {"add": ["a"], "remove": []}}),
    ],
)
def test_difference(wanted: Document, document: Document, expected: Changes) -> None:
    assert difference(wanted, document) == expected


SENT: Changes = {"1": "new", "2": None, "3": {"add": ["a", "b"], "remove": ["c"]}}

CONFIRMATIONS: dict[str, tuple[Document, Changes, int, Verdict]] = {
    "all there": ({"1": "new", "3": ["a", "b"]}, {}, 0, Verdict(3, {}, retry=False, failed=False)),
    "all there, more is queued": (
        {"1": "new", "3": ["a", "b"]},
        {"1": "newer"},
        0,
        Verdict(3, {"1": "newer"}, retry=False, failed=False),
    ),
    "one value missing": (
        {"1": "new", "3": ["a"]},
        {},
        0,
        Verdict(2, {"3": {"add": ["b"], "remove": []}}, retry=True, failed=False),
    ),
    "nothing there": (
        {"1": "old", "2": "x", "3": ["c"]},
        {},
        3,
        Verdict(0, SENT, retry=True, failed=False),
    ),
    "last attempt": (
        {"1": "old", "3": ["a", "b"]},
        {},
        4,
        Verdict(2, {"1": "new"}, retry=True, failed=True),
    ),
    "last attempt, but a new wish is queued": (
        {"1": "old", "3": ["a", "b"]},
        {"2": "y"},
        4,
        Verdict(2, {"1": "new", "2": "y"}, retry=True, failed=False, renewed=True),
    ),
    "what differs is no longer wanted": (
        {"1": "old", "3": ["a", "b"]},
        {"1": "newest"},
        0,
        Verdict(2, {"1": "newest"}, retry=True, failed=False),
    ),
}


@pytest.mark.parametrize(
    ("document", "pending", "errors", "expected"), CONFIRMATIONS.values(), ids=CONFIRMATIONS.keys()
)
def test_confirm(document: Document, pending: Changes, errors: int, expected: Verdict) -> None:
    found = confirm(sent=SENT, pending=pending, document=document, error_count=errors, max_attempts=5)
    assert (found, found.done) == (expected, not expected.changes)
