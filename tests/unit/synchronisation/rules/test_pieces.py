"""Pieces: what parts and updates of an object make of it, and when they cannot be taken."""

import pytest

from connectors.contract import AttributeType, Change, Given, ImportObject, ObjectFault, ValuesChange
from synchronisation.rules.pieces import Kind, Piece, Version, piece_reader_for, shaper_of_versions, versions_of
from synchronisation.rules.shape import Rejection, Shaped, shaper_for
from synchronisation.rules.specification import Attribute, ObjectType
from synchronisation.rules.values import Document, reference_fingerprint

PERSON = ObjectType(
    1,
    1,
    "person",
    selected=True,
    recall=True,
    attributes=(
        Attribute(1, "id", AttributeType.TEXT, external_id=True),
        Attribute(2, "dn", AttributeType.TEXT, secondary_external_id=True),
        Attribute(3, "displayName", AttributeType.TEXT),
        Attribute(4, "age", AttributeType.NUMBER),
        Attribute(5, "phones", AttributeType.TEXT, multi_valued=True),
        Attribute(6, "notes", AttributeType.TEXT, selected=False),
        Attribute(7, "manager", AttributeType.REFERENCE),
        Attribute(8, "members", AttributeType.REFERENCE, multi_valued=True),
    ),
)
read_update, read_part = piece_reader_for(PERSON, partial=True), piece_reader_for(PERSON, partial=False)
KNOWN: Document = {"1": "7", "3": "Zoë", "5": ["1", "2"]}


def update(change: Change = Change.UPDATE, part: int = 0, **attributes: Given) -> ImportObject:
    return ImportObject("person", {"id": "7"} | attributes, change=change, part=part)


def piece_of(source: ImportObject) -> Piece:
    taken = read_update(source)
    assert not isinstance(taken, Rejection)
    return taken[1]


def last_version(*sources: ImportObject, known: Document | None = KNOWN) -> Version:
    return versions_of([(row, piece_of(source)) for row, source in enumerate(sources, 1)], known)[-1]


ADD, DELETE = Change.ADD, Change.DELETE
FOLDED: dict[str, tuple[list[ImportObject], Document | None]] = {
    "names nothing": ([update()], KNOWN),
    "replaces a value": ([update(displayName="Zoe")], {**KNOWN, "3": "Zoe"}),
    "clears a value": ([update(displayName=())], {"1": "7", "5": ["1", "2"]}),
    "replaces several": ([update(phones=["3"])], {**KNOWN, "5": ["3"]}),
    "clears several": ([update(phones=[])], {"1": "7", "3": "Zoë"}),
    "adds and removes": ([update(phones=ValuesChange(["3"], ["1"]))], {**KNOWN, "5": ["2", "3"]}),
    "adds what it removes": ([update(phones=ValuesChange(["1"], ["1"]))], KNOWN),
    "twice": ([update(age="1"), update(age="2", displayName="Zoe")], {**KNOWN, "3": "Zoe", "4": 2}),
    "in parts": ([update(phones=["3"], part=1), update(phones=["4"], part=2)], {**KNOWN, "5": ["3", "4"]}),
    "ignores what is not selected": ([update(notes="x")], KNOWN),
    "comes whole": ([update(ADD, age="1")], {"1": "7", "4": 1}),
    "comes whole, then changes": ([update(ADD, age="1"), update(displayName="Zoe")], {"1": "7", "3": "Zoe", "4": 1}),
    "goes": ([update(age="1"), update(DELETE)], None),
    "goes and comes": ([update(DELETE), update(ADD, age="1")], {"1": "7", "4": 1}),
    "goes and is updated": ([update(DELETE), update(age="1")], {**KNOWN, "4": 1}),
}


@pytest.mark.parametrize(("sources", "expected"), FOLDED.values(), ids=FOLDED.keys())
def test_pieces_in_their_order_make_the_object(sources: list[ImportObject], expected: Document | None) -> None:
    version = last_version(*sources)
    assert (None if version.is_delete else version.document, version.rejection) == (expected, None)


def test_pieces_before_the_object_began_anew_do_not_count() -> None:
    assert last_version(update(age="old"), update(ADD, age="1")).rows == (2,)


REJECTED = {
    "a bad value": ([update(age="old")], "InvalidAttributeValue"),
    "a bad value among good ones": ([update(age="old"), update(age="1")], "InvalidAttributeValue"),
    "a NUL": ([update(phones=ValuesChange(["a\0b"]))], "InvalidAttributeValue"),
    "several for one": ([update(age=["1", "2"])], "DuplicateImportedAttributes"),
    "several references for one": ([update(manager=["a", "b"])], "DuplicateImportedAttributes"),
    "a change of one": ([update(age=ValuesChange(["1"]))], "InvalidAttributeValue"),
    "a change of the whole": ([update(ADD, phones=ValuesChange(["1"]))], "InvalidAttributeValue"),
    "another single value in a later part": (
        [update(ADD, displayName="a", part=1), update(ADD, displayName="b", part=2)],
        "DuplicateImportedAttributes",
    ),
    "a fault of the store": (
        [ImportObject("person", {"id": "7"}, error=ObjectFault("UnhandledError", "garbled"))],
        "UnhandledError",
    ),
}


@pytest.mark.parametrize(("sources", "error_type"), REJECTED.values(), ids=REJECTED.keys())
def test_piece_that_cannot_be_taken_rejects_the_object(sources: list[ImportObject], error_type: str) -> None:
    rejection = last_version(*sources).rejection
    assert rejection is not None
    assert rejection.error_type == error_type


def test_update_of_an_object_that_is_not_known_is_rejected() -> None:
    rejection = last_version(update(age="1"), known=None).rejection
    assert rejection is not None
    assert "run a full import" in rejection.message
    assert last_version(update(ADD, age="1"), known=None).rejection is None


@pytest.mark.parametrize(
    ("external_id", "error_type"),
    [
        ((), "MissingExternalIdAttributeValue"),
        (("1", "2"), "DuplicateImportedAttributes"),
        ("a\0", "InvalidAttributeValue"),
    ],
)
def test_object_that_nobody_can_name_is_rejected_at_once(external_id: Given, error_type: str) -> None:
    found = read_update(ImportObject("person", {"id": external_id, "age": "1"}))
    assert isinstance(found, Rejection)
    assert (found.error_type, found.external_id) == (error_type, None)


@pytest.mark.parametrize(
    ("given", "steps"),
    [
        (["a", "b", "a"], [(8, None, False), (8, "a", False), (8, "b", False)]),
        ([], [(8, None, False)]),
        (ValuesChange(["a"], ["b", "b"]), [(8, "b", True), (8, "a", False)]),
        (ValuesChange(["a"], ["a"]), [(8, "a", False)]),
    ],
)
def test_references_of_an_update_are_steps(given: Given, steps: list[tuple[int, str | None, bool]]) -> None:
    taken = read_update(update(members=given))
    assert not isinstance(taken, Rejection)
    assert taken[2] == steps


def test_references_of_a_part_replace_nothing() -> None:
    taken = read_part(ImportObject("person", {"id": "7", "members": ["a"]}, part=2))
    assert not isinstance(taken, Rejection)
    assert (taken[1].kind, taken[2]) == (Kind.MORE, [(8, "a", False)])


def test_object_in_parts_is_staged_as_the_whole_object_would_be() -> None:
    whole: dict[str, Given] = {
        "id": "7", "dn": "CN=Zoë, O=x", "displayName": "Zoë", "age": "30", "phones": ["2", "1", "3"], "members": ["a"],
    }  # fmt: skip
    expected = shaper_for(PERSON)(ImportObject("person", whole, 12))
    parts = [
        ImportObject("person", whole | {"phones": ["2"]}, 12, part=1),
        ImportObject("person", {"id": "7", "phones": ["3"]}, 13, part=2),
        ImportObject("person", {"id": "7", "phones": ["1"]}, 14, part=3),
    ]
    pieces = [taken[1] for part in parts if not isinstance(taken := read_part(part), Rejection)]
    (version,) = versions_of(list(enumerate(pieces)), None)

    found = shaper_of_versions(PERSON)("7", 12, version, reference_fingerprint([(8, "a")]))

    assert isinstance(expected, Shaped)
    found.references = expected.references
    assert found == expected
