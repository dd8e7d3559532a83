"""Outbox: what a connector is given of queued changes."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from connectors.contract import AttributeType, ExportOperation, ValuesChange
from synchronisation.engine.outbox import Form
from synchronisation.rules.specification import Attribute, ObjectType
from synchronisation.secrets import encrypt

UID = Attribute(1, "uid", AttributeType.TEXT, external_id=True)
OTHERS = (
    Attribute(2, "cn", AttributeType.TEXT),
    Attribute(3, "age", AttributeType.NUMBER),
    Attribute(4, "pay", AttributeType.DECIMAL),
    Attribute(5, "born", AttributeType.DATE_TIME),
    Attribute(6, "guid", AttributeType.GUID),
    Attribute(7, "photo", AttributeType.BINARY),
    Attribute(8, "active", AttributeType.BOOLEAN),
    Attribute(9, "phones", AttributeType.TEXT, multi_valued=True),
    Attribute(10, "days", AttributeType.DATE_TIME, multi_valued=True),
)
FORM = Form(ObjectType(1, 1, "account", selected=True, recall=False, attributes=(UID, *OTHERS)), UID)


@pytest.mark.parametrize(
    ("key", "part", "name", "change"),
    [
        ("2", "Zoë", "cn", "Zoë"),
        ("2", None, "cn", None),
        ("3", 42, "age", 42),
        ("4", "1.50", "pay", Decimal("1.50")),
        ("4", None, "pay", None),
        ("5", "2024-01-31T09:30:00Z", "born", datetime(2024, 1, 31, 9, 30, tzinfo=UTC)),
        ("6", "6f9619ff-8b86-d011-b42d-00c04fc964ff", "guid", UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")),
        ("7", "AP8=", "photo", b"\x00\xff"),
        ("8", False, "active", False),
        ("9", {"add": ["1"], "remove": ["2"]}, "phones", ValuesChange(["1"], ["2"])),
        ("10", {"add": ["2024-01-31T00:00:00Z"]}, "days", ValuesChange([datetime(2024, 1, 31, tzinfo=UTC)], [])),
    ],
)
def test_part_becomes_what_connectors_know(key: str, part: Any, name: str, change: Any) -> None:
    given = FORM.export_object("key", ExportOperation.UPDATE, "7", {key: part})
    assert given.changes == {name: change}
    assert type(given.changes[name]) is type(change)


def test_secret_is_opened() -> None:
    changes = {"2": {"sealed": encrypt("lion").decode()}}
    assert FORM.export_object("key", ExportOperation.CREATE, None, changes).changes == {"cn": "lion"}


def test_attribute_that_has_left_the_schema_is_left_out() -> None:
    assert FORM.export_object("key", ExportOperation.UPDATE, "7", {"99": "x", "98": {"add": ["y"]}}).changes == {}


def test_object_is_named_as_its_system_knows_it() -> None:
    given = FORM.export_object("key", ExportOperation.DELETE, "7", {})
    assert (given.key, given.operation, given.object_type) == ("key", ExportOperation.DELETE, "account")
    assert (given.external_id_attribute, given.external_id) == ("uid", "7")
