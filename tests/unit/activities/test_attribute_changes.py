import pytest

from activities.attribute_changes import AttributeChange, attribute_changes

NAMES = {2: "mail", 1: "phones"}


@pytest.mark.parametrize(
    ("old", "new", "changes"),
    [
        (None, {"2": "b"}, [AttributeChange("mail", "Set", None, "b")]),
        ({"2": "a"}, {"2": "b"}, [AttributeChange("mail", "Set", "a", "b")]),
        ({"2": "a"}, {"2": None}, [AttributeChange("mail", "Set", "a", None)]),
        ({"2": "a"}, {}, [AttributeChange("mail", "Set", "a", None)]),
        (
            {"1": ["1", "2"]},
            {"1": ["2", "3"]},
            [AttributeChange("phones", "Remove", old_value="1"), AttributeChange("phones", "Add", new_value="3")],
        ),
        (None, {"1": ["1"]}, [AttributeChange("phones", "Add", new_value="1")]),
        ({"1": ["1"]}, {"1": None}, [AttributeChange("phones", "Remove", old_value="1")]),
        ({"2": "a"}, {"2": ["a", "b"]}, [AttributeChange("mail", "Add", new_value="b")]),
        ({"2": None}, {"2": None}, []),
        (None, None, []),
    ],
)
def test_change_is_told_value_by_value(old: dict | None, new: dict | None, changes: list[AttributeChange]) -> None:
    assert attribute_changes(old, new, NAMES) == changes


def test_attributes_come_in_the_order_of_their_names_and_those_gone_last() -> None:
    found = attribute_changes({"7": "x"}, {"1": ["1"], "2": "b", "7": "y"}, NAMES)
    assert [change.attribute_name for change in found] == ["mail", "phones", "7"]
