"""Export: creates, updates and deletes merged into the file, which is replaced once and whole."""

import os
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import ExportBatch, ExportOperation, ExportRequest, ExportResult, ValuesChange
from connectors.errors import ConfigurationError, SourceError
from tests.unit.connectors.file.files import Files, create, delete, key_of, known, update, wanted

CREATE, UPDATE = ExportOperation.CREATE, ExportOperation.UPDATE


def failures(results):
    return [dict(result.failures) for result in results]


def test_new_file_has_the_schemas_header_and_objects_in_the_order_sent(files):
    request = known("id", "name", "mail", several=["mail"])
    results = files.export(
        request,
        [create("2", name="Ōkubo, Ren")],
        [create("1", name='Zoë "Z"', mail=ValuesChange(add=["a", "b"])), create("3")],
    )
    assert results == [ExportResult(0), ExportResult(1)]
    assert files.people.read_bytes().decode() == 'id,name,mail\n2,"Ōkubo, Ren",\n1,"Zoë ""Z""",a|b\n3,,\n'


def test_changes_are_merged_and_everything_else_stays(files):
    files.people.write_text("note,id,name,x\nn1,1,a,x1\nn2,2,b,x2\nn3,3,c,x3\n\nn4,4,d,x4\n")
    results = files.export(known("id", "name"), [update("3", name="C"), delete("2"), create("5", name="e")])
    assert results == [ExportResult(0)]
    assert files.people.read_text() == "note,id,name,x\nn1,1,a,x1\nn3,3,C,x3\n\nn4,4,d,x4\n,5,e,\n"


def test_update_writes_the_named_attributes_only(files):
    files.people.write_text("id,name,mail\n1,a,m\n")
    files.export(known("id", "name", "mail"), [update("1", mail=None)])
    assert files.people.read_text() == "id,name,mail\n1,a,\n"


def test_create_of_an_object_that_is_there_updates_it_in_place(files):
    files.people.write_text("id,name,note\n1,a,kept\n2,b,\n")
    results = files.export(known("id", "name"), [create("1", name="A")])
    assert (results, files.people.read_text()) == ([ExportResult(0)], "id,name,note\n1,A,kept\n2,b,\n")


def test_update_of_an_object_that_is_not_there_fails_for_that_object(files):
    files.people.write_text("id,name\n1,a\n")
    (result,) = files.export(known("id", "name"), [update("9", name="x"), update("1", name="A")])
    assert result.failures == {
        key_of(
            UPDATE, "9"
        ): "person '9' was not found in the file, so it cannot be updated. Run a full import: it finds"
        " out what the file holds."
    }
    assert files.people.read_text() == "id,name\n1,A\n"


def test_delete_of_an_object_that_is_not_there_succeeds(files):
    files.people.write_text("id,name\n1,a\n")
    assert files.export(known("id"), [delete("9")]) == [ExportResult(0)]


def test_several_changes_of_one_object_apply_in_the_order_sent(files):
    files.people.write_text("id,name,mail\n1,a,\n")
    request = known("id", "name", "mail")
    results = files.export(
        request,
        [create("2", name="b"), update("1", name="x")],
        [update("2", mail="m"), update("1", name="y"), delete("3"), create("3", name="c")],
        [delete("2"), update("3", mail="c@c"), delete("1"), create("1", name="z")],
    )
    assert failures(results) == [{}, {}, {}]
    assert files.people.read_text() == "id,name,mail\n1,z,\n3,c,c@c\n"


def test_update_after_a_delete_fails(files):
    files.people.write_text("id,name\n1,a\n")
    results = files.export(known("id", "name"), [delete("1")], [update("1", name="b")])
    assert [list(result.failures) for result in results] == [[], [key_of(UPDATE, "1")]]


def test_sending_the_same_twice_gives_the_same_bytes(files):
    files.people.write_text("id,name\n1,a\n2,b\n")
    batch = [create("3", name="c"), update("1", name="A"), delete("2")]
    files.export(known("id", "name"), batch)
    once = files.people.read_bytes()
    assert files.export(known("id", "name"), batch) == [ExportResult(0)]
    assert files.people.read_bytes() == once


@pytest.mark.parametrize("batches", [[], [[]], [[delete("9")]], [[update("1", name="a")]], [[update("9", name="x")]]])
def test_without_a_change_the_file_is_not_touched(files, batches):
    files.people.write_text('"id","name"\n"1","a"')
    before = os.stat(files.people)
    files.export(known("id", "name"), *batches)
    after = os.stat(files.people)
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert files.names() == ["people.csv"]


def test_without_a_change_no_file_is_made(files):
    files.export(known("id"), [delete("1")], [])
    assert files.names() == []


def test_values_of_a_multi_valued_cell_are_added_and_removed_as_a_set(files):
    files.people.write_text("id,mail\n1,a|b|c\n")
    change = ValuesChange(add=["d", "b"], remove=["a", "never there"])
    files.export(known("id", "mail", several=["mail"]), [update("1", mail=change)])
    assert files.people.read_text() == "id,mail\n1,b|c|d\n"


def test_plain_value_of_a_multi_valued_cell_is_its_only_one(files):
    files.people.write_text("id,mail\n1,a|b\n")
    files.export(known("id", "mail", several=["mail"]), [update("1", mail="c"), create("2", mail="d")])
    assert files.people.read_text() == "id,mail\n1,c\n2,d\n"


def test_repeated_columns_take_one_value_each_and_the_last_the_rest(files):
    files.people.write_text("mail,id,mail\na,1,\n,2,x|y\n")
    files.export(
        known("id", "mail", several=["mail"]),
        [
            update("1", mail=ValuesChange(add=["b", "c"])),
            update("2", mail=ValuesChange(remove=["x"])),
            create("3", mail="q"),
        ],
    )
    assert files.people.read_text() == "mail,id,mail\na,1,b|c\ny,2,\nq,3,\n"


def test_create_that_adds_values_joins_them_to_those_that_are_there(files):
    files.people.write_text("id,mail\n1,a\n")
    added = ValuesChange(add=["b", "c"])
    files.export(known("id", "mail", several=["mail"]), [create("1", mail=added), create("2", mail=added)])
    assert files.people.read_text() == "id,mail\n1,a|b|c\n2,b|c\n"


def test_create_of_an_object_that_is_there_empties_what_it_names_without_a_value(files):
    files.people.write_text("mail,id,name,mail,note\na,1,x,b|c,kept\n")
    files.export(known("id", "name", "mail", several=["mail"]), [create("1", name=None, mail="d")])
    assert files.people.read_text() == "mail,id,name,mail,note\nd,1,,,kept\n"


def test_delimiter_inside_a_single_value_is_only_text(files):
    files.export(known("id", "note"), [create("1", note="x|y")])
    assert files.read(wanted("id", "note"))[0].attributes["note"] == ("x|y",)


@pytest.mark.parametrize(
    ("item", "settings", "message"),
    [
        (create("1", mail="a|b"), {}, "A value of mail holds '|', which separates values in the file: 'a|b'."),
        (
            create("1", name=ValuesChange(add=["a", "b"])),
            {},
            "name holds one value in the file, and 2 were to be written.",
        ),
        (create(None, name="a"), {}, "It has no value for id, which identifies it in the file."),
        (update("1", id="2"), {}, "id identifies it in the file and cannot change from '1' to '2'."),
        (update("1", id=None), {}, "id identifies it in the file and cannot change from '1' to ''."),
        (create("1", "group"), {}, "The file holds objects of type person only, and this is a group."),
        (create("1", name="Łukasz"), {"Encoding": "cp1252"}, "A value holds a character that cp1252"),
        (create("1", name="\ud800"), {}, "A value holds a character that utf-8, the file's encoding, lacks"),
    ],
)
def test_what_would_not_read_back_fails_for_that_object_alone(files, item, settings, message):
    request = known("id", "name", "mail", several=["mail"])
    (result,) = files.export(request, [item, create("7", name="kept")], **settings)
    assert list(result.failures) == [item.key]
    assert result.failures[item.key].startswith(message)
    assert files.people.read_text() == "id,name,mail\n7,kept,\n"


def test_create_identified_by_its_attribute_reports_the_identifier(files):
    (result,) = files.export(known("id", "name"), [create(None, id="7", name="a"), create("8", id="8")])
    assert result == ExportResult(0, external_ids={key_of(CREATE, None): "7"})
    assert files.people.read_text() == "id,name\n7,a\n8,\n"


def test_column_the_file_lacks_fails_the_export_and_is_named(files):
    files.people.write_text("id,name\n1,a\n")
    with pytest.raises(ConfigurationError, match=r"'people\.csv' has no column 'mail', which the export"):
        files.export(known("id", "mail"), [update("1", mail="m")])
    assert files.people.read_text() == "id,name\n1,a\n"


def test_missing_external_id_column_fails_the_export(files):
    files.people.write_text("name\na\n")
    with pytest.raises(ConfigurationError, match="has no column 'id',"):
        files.export(known("id", "name"), [delete("1")])


def test_columns_no_change_touches_may_be_absent(files):
    files.people.write_text("id,name\n1,a\n")
    assert failures(files.export(known("id", "name", "mail"), [update("1", name="b")])) == [{}]


def test_object_type_column_keeps_types_apart(files):
    files.people.write_text("kind,id,name,member\nperson,1,a,\ngroup,1,g,1|2\nrole,1,r,\n")
    request = ExportRequest(
        {"person": ["kind", "id", "name"], "group": ["kind", "id", "name", "member"]}, {"group": frozenset(["member"])}
    )
    changes = [update("1", name="A"), update("1", "group", member=ValuesChange(add=["3"])), create("2", "group")]
    assert failures(files.export(request, changes, Object_Type_Column="kind")) == [{}]
    assert files.people.read_text() == "kind,id,name,member\nperson,1,A,\ngroup,1,g,1|2|3\nrole,1,r,\ngroup,2,,\n"


def test_new_file_of_several_types_has_the_type_column_first_and_all_attributes(files):
    request = ExportRequest({"person": ["id", "name"], "group": ["id", "member"]})
    files.export(request, [create("1", name="a"), create("1", "group", member="m")], Object_Type_Column="kind")
    assert files.people.read_text() == "kind,id,name,member\nperson,1,a,\ngroup,1,,m\n"


def test_row_of_the_wrong_width_stays_and_fails_its_own_changes_only(files):
    files.people.write_text("id,name,mail\n1,a\n2,b,m\nbroken\n")
    (result,) = files.export(known("id", "name", "mail"), [update("1", name="x"), update("2", name="y")])
    assert list(result.failures) == [key_of(UPDATE, "1")]
    assert result.failures[key_of(UPDATE, "1")].startswith("Row at line 2 has 2 fields, but the header has 3 columns.")
    assert files.people.read_text() == "id,name,mail\n1,a\n2,y,m\nbroken\n"


def test_unreadable_old_file_fails_the_export_and_stays(files):
    content = b'id,name\n1,a\n2,"unterminated\n'
    files.people.write_bytes(content)
    with pytest.raises(SourceError, match="cannot be read at line 3"):
        files.export(known("id", "name"), [update("1", name="x")])
    assert (files.people.read_bytes(), files.names()) == (content, ["people.csv"])


def test_wrongly_encoded_old_file_fails_the_export_at_its_byte(files):
    files.people.write_bytes(b"id,name\n1,\xff\n")
    with pytest.raises(SourceError, match="cannot be decoded at byte 10"):
        files.export(known("id", "name"), [update("1", name="x")])
    assert files.names() == ["people.csv"]


@pytest.mark.parametrize(
    ("settings", "old", "new"),
    [
        ({}, b"id,name\r\n1,a\r\n", b"id,name\r\n1,b\r\n"),
        ({}, b"id,name\n1,a", b"id,name\n1,b\n"),
        ({}, b"\xef\xbb\xbfid,name\n1,a\n", b"\xef\xbb\xbfid,name\n1,b\n"),
        ({"Delimiter": "tab"}, b"id\tname\n1\ta\n", b"id\tname\n1\tb\n"),
        ({"Encoding": "utf-16"}, "id,é\n1,a\n".encode("utf-16"), None),
        ({"Encoding": "cp1252"}, "id,é,name\n1,ü,a\n".encode("cp1252"), "id,é,name\n1,ü,b\n".encode("cp1252")),
    ],
)
def test_old_files_line_ends_mark_and_encoding_stay(files, settings, old, new):
    if new is None:
        old, new = ("id,name\n1,é\n".encode("utf-16"), "id,name\n1,b\n".encode("utf-16"))
    files.people.write_bytes(old)
    files.export(known("id", "name"), [update("1", name="b")], **settings)
    assert files.people.read_bytes() == new


def test_more_changes_than_are_remembered_are_merged_all_the_same(files, monkeypatch):
    monkeypatch.setattr("connectors.file.spool._REMEMBERED", 1)
    files.people.write_text("id,name\n1,a\n2,b\n3,c\n")
    results = files.export(
        known("id", "name"), [update("2", name="B"), create("4"), delete("3"), update("9", name="x")]
    )
    assert [list(result.failures) for result in results] == [[key_of(UPDATE, "9")]]
    assert files.people.read_text() == "id,name\n1,a\n2,B\n4,\n"


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o664])
def test_mode_of_the_old_file_stays(files, mode):
    files.people.write_text("id,name\n1,a\n")
    files.people.chmod(mode)
    files.export(known("id", "name"), [update("1", name="b")])
    assert stat.S_IMODE(files.people.stat().st_mode) == mode


def test_empty_file_counts_as_a_new_one(files):
    files.people.touch(0o600)
    files.export(known("id", "name"), [create("1", name="a")])
    assert files.people.read_text() == "id,name\n1,a\n"
    assert stat.S_IMODE(files.people.stat().st_mode) == 0o600


def test_run_profiles_file_path_is_the_one_written(files):
    (files.root / "out").mkdir()
    files.export(ExportRequest({"person": ["id"]}, file_path="out/other.csv"), [create("1")])
    assert (files.root / "out" / "other.csv").read_text() == "id\n1\n"


def test_link_inside_the_folder_stays_and_its_file_is_replaced(files):
    (files.root / "real.csv").write_text("id,name\n1,a\n")
    files.people.symlink_to("real.csv")
    files.export(known("id", "name"), [update("1", name="b")])
    assert files.people.is_symlink()
    assert (files.root / "real.csv").read_text() == "id,name\n1,b\n"


def test_import_only_does_not_export(files):
    with pytest.raises(ConfigurationError, match="mode Import Only cannot export"):
        files.export(known("id"), [create("1")], Mode="Import Only")


def test_every_batch_is_taken_before_the_first_result(files):
    taken = []

    def batches():
        for number in range(3):
            taken.append(number)
            yield ExportBatch(number, [create(str(number))])

    with files.connector() as connector:
        next(connector.export(known("id"), batches()))
        assert taken == [0, 1, 2]
        assert files.people.read_text() == "id\n0\n1\n2\n"


def test_results_left_unread_leave_nothing_behind(files):
    before = os.listdir("/proc/self/fd")
    with files.connector() as connector:
        next(connector.export(known("id"), [ExportBatch(number, [create(str(number))]) for number in range(2)]))
    assert (len(os.listdir("/proc/self/fd")), files.names()) == (len(before), ["people.csv"])


NAMES = st.sampled_from(["1", "2", "3", "4"])
VALUES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
CHANGES = st.one_of(
    st.builds(lambda key, name: create(key, name=name), NAMES, VALUES),
    st.builds(lambda key, name: update(key, name=name), NAMES, VALUES),
    st.builds(delete, NAMES),
)


def expected_after(batches):
    """External ID -> name, by the words of the contract, on a plain dictionary."""
    people = {"1": "a", "2": "b"}
    for item in (item for batch in batches for item in batch):
        if item.operation is ExportOperation.DELETE:
            people.pop(item.external_id, None)
        elif item.operation is CREATE or item.external_id in people:
            people[item.external_id] = item.changes["name"]
    return people


@given(batches=st.lists(st.lists(CHANGES, max_size=4), max_size=4), line_end=st.sampled_from(["\n", "\r\n"]))
def test_any_changes_leave_what_the_contract_says(tmp_path_factory, batches, line_end):
    files = Files(tmp_path_factory.mktemp("files"))
    files.people.write_text(f"id,name{line_end}1,a{line_end}2,b{line_end}", newline="")
    results = files.export(known("id", "name"), *batches)
    read = {item.attributes["id"][0]: "".join(item.attributes["name"]) for item in files.read(wanted("id", "name"))}
    assert [result.number for result in results] == list(range(len(batches)))
    assert read == expected_after(batches)
