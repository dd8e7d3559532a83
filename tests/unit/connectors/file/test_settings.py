"""Settings of the file connector fit each other, or the one that does not is named."""

import pytest

from connectors.errors import SettingError
from connectors.file.settings import FileSettings, Mode

GIVEN = {"File Path": "people.csv", "Object Type": "person"}


def test_defaults_are_a_comma_separated_utf8_import():
    assert FileSettings.from_values(GIVEN) == FileSettings(
        file_path="people.csv",
        mode=Mode.IMPORT_ONLY,
        object_type="person",
        object_type_column=None,
        delimiter=",",
        multi_value_delimiter="|",
        encoding="utf-8",
        stop_on_first_error=False,
    )


@pytest.mark.parametrize("written", ["\t", "\\t", "tab", "Tab", "TAB"])
def test_tab_may_be_written_out(written):
    assert FileSettings.from_values({**GIVEN, "Delimiter": written}).delimiter == "\t"


@pytest.mark.parametrize(
    ("changed", "setting", "message"),
    [
        ({"File Path": None}, "File Path", "required"),
        ({"Mode": "Sideways"}, "Mode", "one of Import Only, Export Only, Bidirectional"),
        ({"Object Type Column": "type"}, "Object Type", "both set"),
        ({"Object Type": None}, "Object Type", "Set 'Object Type' if all rows are of one type"),
        ({"Object Type": ""}, "Object Type", "Set 'Object Type' if all rows are of one type"),
        ({"Delimiter": "||"}, "Delimiter", "one character"),
        ({"Delimiter": '"'}, "Delimiter", "quotation mark"),
        ({"Delimiter": "\n"}, "Delimiter", "line break"),
        ({"Delimiter": "|"}, "Multi-Value Delimiter", "must differ from 'Delimiter'"),
        ({"Multi-Value Delimiter": ","}, "Multi-Value Delimiter", "must differ from 'Delimiter'"),
        ({"Multi-Value Delimiter": '"'}, "Multi-Value Delimiter", "quotation mark"),
        ({"Encoding": "klingon"}, "Encoding", "not a known text encoding: 'klingon'"),
        ({"Encoding": "rot13"}, "Encoding", "not a known text encoding"),
        ({"Encoding": "hex"}, "Encoding", "not a known text encoding"),
        ({"Encoding": "undefined"}, "Encoding", "not a known text encoding"),
        ({"Encoding": "utf\0"}, "Encoding", "not a known text encoding"),
    ],
)
def test_setting_that_does_not_fit_is_named(changed, setting, message):
    with pytest.raises(SettingError, match=message) as raised:
        FileSettings.from_values({**GIVEN, **changed})
    assert raised.value.setting == setting
