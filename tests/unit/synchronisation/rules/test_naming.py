"""Naming: which attribute shows an object to people."""

import pytest

from connectors.contract import AttributeType
from synchronisation.rules.naming import display_name_of
from synchronisation.rules.specification import Attribute


def named(**values: str | int) -> str | None:
    """The display name of an object with these attributes (a double underscore is a space) and values."""
    attributes = [Attribute(i, name.replace("__", " "), AttributeType.TEXT) for i, name in enumerate(values)]
    document = {str(i): value for i, value in enumerate(values.values()) if value != ""}
    return display_name_of(attributes)(document)


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"Display__Name": "Zoë Ray", "cn": "zray"}, "Zoë Ray"),
        ({"cn": "zray", "display_name": "Zoë Ray"}, "Zoë Ray"),
        ({"displayName": "", "cn": "zray"}, "zray"),
        ({"name": 7}, "7"),
        ({"givenName": "Zoë", "sn": "Ray"}, "Zoë Ray"),
        ({"Last__Name": "Ray", "First__Name": "Zoë"}, "Zoë Ray"),
        ({"First__Name": "Zoë", "Last__Name": ""}, "Zoë"),
        ({"First__Name": "", "Last__Name": ""}, None),
        ({"mail": "zoe@x.com"}, None),
    ],
)
def test_display_name(values: dict[str, str | int], name: str | None) -> None:
    assert named(**values) == name


def test_multi_valued_attribute_names_nobody() -> None:
    assert display_name_of([Attribute(1, "cn", AttributeType.TEXT, multi_valued=True)])({"1": ["a", "b"]}) is None
