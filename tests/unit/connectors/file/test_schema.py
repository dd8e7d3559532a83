"""Schema discovery: types that print back as they stand, multi-valued columns, object types, the external ID."""

from datetime import UTC
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import AttributeType, SchemaAttribute, SchemaObjectType
from connectors.errors import ConfigurationError, SourceError
from connectors.file.schema import infer_type

TEXT, NUMBER, LONG = AttributeType.TEXT, AttributeType.NUMBER, AttributeType.LONG_NUMBER
DECIMAL, DATE_TIME = AttributeType.DECIMAL, AttributeType.DATE_TIME
BOOLEAN, GUID = AttributeType.BOOLEAN, AttributeType.GUID


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([], TEXT),
        (["abc"], TEXT),
        (["0", "-7", "2147483647", "-2147483648"], NUMBER),
        (["2147483648"], LONG),
        (["1", "9223372036854775807", "-9223372036854775808"], LONG),
        (["9223372036854775808"], DECIMAL),
        (["1" * 38], DECIMAL),
        (["1" * 39], TEXT),
        (["9" * 5000], TEXT),
        (["00123"], TEXT),
        (["+1"], TEXT),
        ([" 1"], TEXT),
        (["1_000"], TEXT),
        (["١٢"], TEXT),
        (["-0"], TEXT),
        (["1", "00123"], TEXT),
        (["1.50"], DECIMAL),
        (["1", "2.5", "-0.001"], DECIMAL),
        ([".5"], TEXT),
        (["1."], TEXT),
        (["-0.0"], TEXT),
        (["01.5"], TEXT),
        (["1e5"], TEXT),
        (["1E999999999"], TEXT),
        (["NaN"], TEXT),
        (["1,5"], TEXT),
        (["true", "false"], BOOLEAN),
        (["True"], TEXT),
        (["TRUE", "FALSE"], TEXT),
        (["yes"], TEXT),
        (["2024-02-29"], DATE_TIME),
        (["2024-02-30"], TEXT),
        (["2024-01-31T09:30:00Z", "2024-01-31T09:30:00.123+02:00", "2024-01-31T09:30:00"], DATE_TIME),
        (["2024-01-31 09:30:00"], TEXT),
        (["20240131"], NUMBER),
        (["31/01/2024"], TEXT),
        (["2024-01-31T25:00:00Z"], TEXT),
        (["6f9619ff-8b86-d011-b42d-00c04fc964ff"], GUID),
        (["6F9619FF-8B86-D011-B42D-00C04FC964FF"], GUID),
        (["6f9619ff-8b86-d011-b42d-00c04fc964ff", "6F9619FF-8B86-D011-B42D-00C04FC964FF"], TEXT),
        (["6F9619ff-8B86-D011-B42D-00C04FC964FF"], TEXT),
        (["{6F9619FF-8B86-D011-B42D-00C04FC964FF}"], TEXT),
        (["6f9619ff8b86d011b42d00c04fc964ff"], TEXT),
        (["true", "1"], TEXT),
        (["2024-01-31", "n/a"], TEXT),
    ],
    ids=lambda value: value if isinstance(value, str) else "/".join(value)[:30],
)
def test_column_is_the_narrowest_type_that_prints_every_value_back(values, expected):
    assert infer_type(values) is expected


def printed_back(attribute_type: AttributeType, value: str) -> str:
    """A value read as a type and written again, by other means than the code under test."""
    match attribute_type:
        case AttributeType.NUMBER | AttributeType.LONG_NUMBER:
            return str(int(value))
        case AttributeType.DECIMAL:
            return format(Decimal(value), "f")
        case AttributeType.BOOLEAN:
            return str(value == "true").lower()
        case AttributeType.GUID:
            return str(UUID(value)) if value.islower() or value.isdigit() else str(UUID(value)).upper()
        case _:
            return value


EDGY_TEXT = st.one_of(
    st.from_regex(r"[-+]?0{0,2}[0-9]{1,20}(\.[0-9]{0,3})?", fullmatch=True),
    st.integers().map(str),
    st.decimals(allow_nan=True).map(str),
    st.uuids().map(str),
    st.sampled_from(["true", "false", "True", "2024-01-31", "2024-01-31T00:00:00Z", "-0", "1e3", " 1"]),
    st.text(min_size=1),
)


@given(st.lists(EDGY_TEXT, min_size=1, max_size=3))
def test_inferred_type_never_changes_a_value(values):
    inferred = infer_type(values)
    assert [printed_back(inferred, value) for value in values] == values


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=1))
def test_every_utc_date_time_is_recognised(moments):
    assert infer_type([moment.isoformat() for moment in moments]) is DATE_TIME


def discovered(files, content, **settings):
    files.people.write_text(content, encoding="utf-8", newline="")
    return list(files.schema(**settings))


def test_columns_become_attributes_in_the_order_of_the_header(files):
    rows = "E1,00123,7,2024-01-31,true,\nE2,00124,,,false,\n"
    (person,) = discovered(files, "employeeId,cost centre,grade,start,active,notes\n" + rows)
    assert person == SchemaObjectType(
        "person",
        (
            SchemaAttribute("employeeId", TEXT, external_id=True),
            SchemaAttribute("cost centre", TEXT),
            SchemaAttribute("grade", NUMBER),
            SchemaAttribute("start", DATE_TIME),
            SchemaAttribute("active", BOOLEAN),
            SchemaAttribute("notes", TEXT),
        ),
    )


def test_header_alone_gives_the_schema(files):
    (person,) = discovered(files, "id,mail,mail\n")
    assert person.attributes == (
        SchemaAttribute("id", external_id=True),
        SchemaAttribute("mail", multi_valued=True),
    )


def test_delimiter_in_a_value_makes_a_column_multi_valued_and_its_values_are_typed(files):
    (person,) = discovered(files, "id,grades,mail\nx,1;2,a\ny,3,b\n", Multi_Value_Delimiter=";")
    assert person.attributes[1] == SchemaAttribute("grades", NUMBER, multi_valued=True)


@pytest.mark.parametrize(("row", "expected"), [(50, TEXT), (51, NUMBER)])
def test_types_come_from_the_first_fifty_rows(files, row, expected):
    rows = ["n" if at == row else str(at) for at in range(1, 101)]
    (person,) = discovered(files, "name,code\n" + "".join(f"x,{value}\n" for value in rows))
    assert person.attributes[1].type is expected


@pytest.mark.parametrize(("row", "expected"), [(50, TEXT), (51, NUMBER)])
def test_types_come_from_the_first_fifty_rows_of_each_object_type(files, row, expected):
    groups = [("group", "n" if at == row else str(at)) for at in range(1, 101)]
    rows = [("person", "x")] * 60 + groups
    content = "kind,code\n" + "".join(f"{kind},{code}\n" for kind, code in rows)
    _, group = discovered(files, content, Object_Type_Column="kind")
    assert group.attributes[1].type is expected


def test_rows_of_the_wrong_width_are_no_sample(files):
    (person,) = discovered(files, "name,code\nx\nx,1,2\nx,3\n")
    assert person.attributes[1].type is NUMBER


def external_ids(kind):
    return [attribute.name for attribute in kind.attributes if attribute.external_id]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("name,id\na,1\nb,2\n", ["id"]),
        ("name,Employee ID\na,1\nb,2\n", ["Employee ID"]),
        ("id,objectGUID\n1,a\n2,b\n", ["objectGUID"]),
        ("id,personId\n1,a\n2,b\n", ["personId"]),
        ("name,id\na,1\nb,1\n", []),
        ("name,id\na,1\nb,\n", []),
        ("id,employeeId\n1,a\n2,a\n", ["id"]),
        ("name,mail\na,b\n", []),
        ("id,id\n1,2\n", []),
    ],
)
def test_external_id_is_a_unique_column_named_like_one(files, content, expected):
    (person,) = discovered(files, content)
    assert external_ids(person) == expected


def test_external_id_stays_single_valued_text(files):
    (person,) = discovered(files, "id\n1\n2|3\n")
    assert person.attributes == (SchemaAttribute("id", TEXT, external_id=True),)


def test_object_type_column_gives_a_type_per_value_each_typed_by_its_own_rows(files):
    people = "".join(f"person,p{at},{at},\n" for at in range(60))
    person, group = discovered(
        files, "kind,id,grade,member\n" + people + "group,g1,high,p1|p2\n", Object_Type_Column="kind"
    )
    assert person == SchemaObjectType(
        "person",
        (
            SchemaAttribute("kind", writable=False),
            SchemaAttribute("id", external_id=True),
            SchemaAttribute("grade", NUMBER),
            SchemaAttribute("member"),
        ),
    )
    assert (group.name, group.attributes[2:]) == (
        "group",
        (SchemaAttribute("grade"), SchemaAttribute("member", multi_valued=True)),
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("id,name\n1,a\n", "has no column 'kind'"),
        ("kind,id\n", "names no object type yet. Add a row for each type"),
        ("kind,id\n,1\n", "names no object type yet"),
        ("kind,id\n" + "".join(f"k{at},1\n" for at in range(101)), "more than 100 different values"),
    ],
)
def test_object_types_that_cannot_be_told_are_an_error(files, content, message):
    with pytest.raises(ConfigurationError, match=message):
        discovered(files, content, Object_Type_Column="kind")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "has no header"),
        ("\n1,2\n", "has no header"),
        (",,\n", "has no header"),
        ("id,,name, \n", "no name for column 2, 4"),
        ("i\0d,name\n", "UTF-16"),
        ('"id,name\n1,a\n', "cannot be read at line 2"),
    ],
)
def test_unusable_header_is_an_error(files, content, message):
    with pytest.raises(SourceError, match=message):
        discovered(files, content)


def test_byte_order_mark_is_no_part_of_the_first_name(files):
    files.people.write_text("id,name\n", encoding="utf-8-sig")
    assert [attribute.name for attribute in files.schema()[0].attributes] == ["id", "name"]


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("Import Only", r"The file 'people\.csv' does not exist\. Put it there"),
        ("Export Only", r"does not exist yet\. Create it with one line that names the columns"),
        ("Bidirectional", r"does not exist yet\. Create it with one line that names the columns"),
    ],
)
def test_missing_file_says_how_to_begin(files, mode, message):
    with pytest.raises(ConfigurationError, match=message):
        files.schema(Mode=mode)


def test_giant_cells_are_sampled_by_their_first_values(files):
    members = "|".join(str(member) for member in range(200_000))
    (group,) = discovered(files, f"id,member,notes\ng1,{members}|no number,{'9' * 10_000}\n")
    assert group.attributes[1:] == (SchemaAttribute("member", NUMBER, multi_valued=True), SchemaAttribute("notes"))
