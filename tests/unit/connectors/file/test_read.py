"""Reading: every cell as it stands, every fault where it stands."""

import csv
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import ImportObject, ImportRequest, ObjectFault
from connectors.errors import ConfigurationError, SourceError
from tests.unit.connectors.file.files import Files, wanted


def test_cells_are_read_as_they_stand_and_empty_ones_are_present_without_a_value(files):
    files.people.write_text('id,name,note\n007,"O\'Brien, ""Zoë""", \n8,,\n')
    assert files.read(wanted("id", "name", "note")) == [
        ImportObject("person", {"id": "007", "name": 'O\'Brien, "Zoë"', "note": " "}, row=2),
        ImportObject("person", {"id": "8", "name": "", "note": ""}, row=3),
    ]


def test_selected_attributes_only_come_in_schema_order(files):
    files.people.write_text("a,b,c,d\n1,2,3,4\n")
    (found,) = files.read(wanted("d", "b"))
    assert list(found.attributes.items()) == [("d", "4"), ("b", "2")]


def test_multi_valued_cells_are_split_and_others_are_not(files):
    files.people.write_text("id,mail,note\n1,a||b|,x|y\n2,,|\n")
    assert [item.attributes for item in files.read(wanted("id", "mail", "note", several=["mail"]))] == [
        {"id": "1", "mail": ["a", "b"], "note": "x|y"},
        {"id": "2", "mail": [], "note": "|"},
    ]


def test_repeated_columns_are_put_together(files):
    files.people.write_text("mail,id,mail\na|b,1,c\n,2,d\n")
    assert [list(item.attributes["mail"]) for item in files.read(wanted("id", "mail", several=["mail"]))] == [
        ["a", "b", "c"],
        ["d"],
    ]


def test_missing_selected_column_fails_the_read_and_is_named(files):
    files.people.write_text("id,name\n1,a\n")
    with pytest.raises(ConfigurationError, match=r"no column 'mail', 'phone', selected for person\. An absent"):
        files.read(wanted("id", "mail", "name", "phone"))


def test_names_with_quotes_and_braces_are_only_names(files):
    name = """it's "{field0}" \\ or __import__('os')"""
    files.people.write_text('id,"' + name.replace('"', '""') + '"\n1,x\n')
    (found,) = files.read(wanted("id", name))
    assert found.attributes == {"id": "1", name: "x"}


def test_object_type_column_names_each_rows_type(files):
    files.people.write_text("kind,id,member\nperson,1,\ngroup,2,1|3\nprinter,3,x\n,4,x\n")
    request = ImportRequest({"person": ["id"], "group": ["id", "member"]}, {"group": frozenset(["member"])})
    assert files.read(request, Object_Type_Column="kind") == [
        ImportObject("person", {"id": "1"}, row=2),
        ImportObject("group", {"id": "2", "member": ["1", "3"]}, row=3),
        ImportObject("printer", {}, row=4),
        ImportObject("", {}, row=5),
    ]


def test_missing_object_type_column_fails_the_read(files):
    files.people.write_text("id\n1\n")
    with pytest.raises(ConfigurationError, match="no column 'kind', which the setting Object Type Column names"):
        files.read(wanted("id"), Object_Type_Column="kind")


def test_short_and_long_rows_are_one_objects_fault(files):
    files.people.write_text("id,name\n1,a\n2\n3,c,x\n4,d\n")
    advice = "Correct the row; a delimiter or a quotation mark is probably missing or too many."
    assert [(item.row, item.attributes, item.error) for item in files.read(wanted("id"))] == [
        (2, {"id": "1"}, None),
        (3, {}, ObjectFault("UnhandledError", f"Row at line 3 has 1 field, but the header has 2 columns. {advice}")),
        (4, {}, ObjectFault("UnhandledError", f"Row at line 4 has 3 fields, but the header has 2 columns. {advice}")),
        (5, {"id": "4"}, None),
    ]


def test_short_row_keeps_its_object_type_if_it_has_one(files):
    files.people.write_text("kind,id,name\nperson,1\n")
    (found,) = files.read(wanted("id"), Object_Type_Column="kind")
    assert (found.object_type, found.attributes, found.error is None) == ("person", {}, False)


def test_stop_on_first_error_fails_the_read_at_that_row(files):
    files.people.write_text("id,name\n1,a\n2\n")
    with pytest.raises(SourceError, match="Row at line 3 has 1 field") as raised:
        files.read(wanted("id"), Stop_On_First_Error=True)
    assert raised.value.position == 3


def test_blank_lines_are_no_objects_and_rows_know_their_line(files):
    files.people.write_text('id,name\n\n1,"two\nlines"\n\n2,b\n\n')
    assert [(item.row, item.attributes["id"]) for item in files.read(wanted("id"))] == [(4, "1"), (6, "2")]


@pytest.mark.parametrize(
    ("content", "line"),
    [
        ('id,name\n1,a\n2,"unterminated\n3,c\n', 4),
        ('id,name\n1,"a"b\n2,c\n', 2),
    ],
)
def test_broken_quoting_fails_the_read_at_its_line(files, content, line):
    files.people.write_text(content)
    with pytest.raises(SourceError, match=f"cannot be read at line {line}: .* A quotation mark is probably") as raised:
        files.read(wanted("id"))
    assert raised.value.position == line


@pytest.mark.parametrize(
    ("encoding", "before", "bad"),
    [
        ("utf-8", "id,name\n1,é\n2,".encode(), b"\xe9\n"),
        ("utf-8", "\ufeffid,name\n1,é\n2,".encode(), b"\xff\n"),
        ("utf-8", b"id,name\n" + b"1,x\n" * 600_000, b"\xc3\n"),
        ("ascii", b"id,name\n1,", "é\n".encode()),
        ("cp1252", b"id,name\n1,", b"\x81\n"),
        ("utf-16-le", "id,name\n1,".encode("utf-16-le"), b"\x00\xdc\x00\x00"),
        ("shift_jis", "id,name\n1,日本".encode("shift_jis"), b"\x85\x00"),
        ("utf-8", b"", b"\xff\xfei\x00d\x00"),
    ],
)
def test_wrong_encoding_fails_the_read_at_its_first_bad_byte(files, encoding, before, bad):
    files.people.write_bytes(before + bad)
    with pytest.raises(SourceError, match=f"is not {encoding}: it cannot be decoded at byte {len(before)}") as raised:
        files.read(wanted("id"), Encoding=encoding)
    assert raised.value.position == len(before)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "cp1252", "UTF8"])
def test_encodings_read_what_was_written(files, encoding):
    files.people.write_text("id,name\n1,Zoë\n", encoding=encoding)
    assert files.read(wanted("id", "name"), Encoding=encoding)[0].attributes == {"id": "1", "name": "Zoë"}


def test_byte_order_mark_is_dropped(files):
    files.people.write_text("id\n1\n", encoding="utf-8-sig")
    assert files.read(wanted("id"))[0].attributes == {"id": "1"}


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_every_line_end_is_understood(files, line_end):
    files.people.write_text(f"id,name{line_end}1,a{line_end}2,b", newline="")
    assert [item.attributes["name"] for item in files.read(wanted("id", "name"))] == ["a", "b"]


def test_group_of_half_a_million_members_is_one_cell(files):
    members = [f"cn=member{number:06},ou=people,dc=example,dc=com" for number in range(500_000)]
    files.people.write_text(f'id,member\ng1,"{"|".join(members)}"\n')
    (group,) = files.read(wanted("id", "member", several=["member"]))
    assert group.attributes["member"] == members


def test_field_beyond_every_bound_fails_the_read(files):
    files.people.write_text('id,name\n1,"' + "x" * (2**26 + 1) + "\n")
    with pytest.raises(SourceError, match="field larger than field limit"):
        files.read(wanted("id"))


def test_first_batch_estimates_the_rows_to_come(files):
    files.people.write_text("id,name\n" + "".join(f"{number},someone\n" for number in range(50_000)))
    with files.connector() as connector:
        first, *others = connector.read(wanted("id", page_size=1_000))
    assert first.total == pytest.approx(50_000, rel=0.1)
    assert {batch.total for batch in others} == {None}


@pytest.mark.parametrize("content", ["id\n", "id"])
def test_header_alone_gives_no_objects(files, content):
    files.people.write_text(content)
    assert files.read(wanted("id")) == []


def test_run_profiles_file_path_overrides_the_setting_for_that_run(files):
    files.people.write_text("id\n1\n")
    (files.root / "other.csv").write_text("id\n2\n")
    assert files.read(wanted("id", file_path="other.csv"))[0].attributes == {"id": "2"}


def test_run_profiles_file_path_stays_inside_the_folder(files):
    with pytest.raises(ConfigurationError, match="leads out of the folder"):
        files.read(wanted("id", file_path="/etc/passwd"))


def test_file_replaced_while_it_is_read_is_read_to_its_old_end(files):
    files.people.write_text("id\n1\n2\n3\n")
    (files.root / "new.csv").write_text("id\n9\n")
    with files.connector() as connector:
        batches = connector.read(wanted("id", page_size=1))
        first = next(batches)
        os.replace(files.root / "new.csv", files.people)
        rest = list(batches)
    assert [batch.objects[0].attributes["id"] for batch in (first, *rest)] == ["1", "2", "3"]


def test_file_written_to_while_it_is_read_fails_the_read(files):
    files.people.write_text("id\n1\n2\n")
    with files.connector() as connector:
        batches = connector.read(wanted("id", page_size=1))
        next(batches)
        with files.people.open("a") as stream:
            stream.write("3\n")
        with pytest.raises(SourceError, match="was written to while it was read"):
            list(batches)


@pytest.mark.parametrize("settings", [{"Mode": "Export Only"}, {"Mode": "Import Only"}])
def test_imports_the_mode_does_not_have_are_refused(files, settings):
    with files.connector(**settings) as connector, pytest.raises(ConfigurationError, match="cannot run this import"):
        connector.read(wanted("id", delta=settings["Mode"] == "Import Only"))


CELL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@given(rows=st.lists(st.tuples(CELL, CELL, CELL)), line_end=st.sampled_from(["\n", "\r\n"]))
def test_whatever_csv_wrote_is_read_back(tmp_path_factory, rows, line_end):
    files = Files(tmp_path_factory.mktemp("files"))
    with files.people.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator=line_end)
        writer.writerows([("a", "b", "c"), *rows])
    read = [tuple(item.attributes.values()) for item in files.read(wanted("a", "b", "c"))]
    assert read == rows
