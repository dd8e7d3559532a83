"""Connectors are found, and settings are checked against what they declare."""

from importlib.metadata import Distribution, EntryPoint
from pathlib import Path

import pytest

from connectors.contract import Connector, Setting, SettingType
from connectors.errors import ConfigurationError, SettingError
from connectors.file.connector import FileConnector
from connectors.registry import GROUP, Registration, check_settings, connector_class, find_connectors

FILE = "connectors.file.connector:FileConnector"


class Sample(Connector):
    name = "Sample"
    settings_schema = (
        Setting("Host", SettingType.STRING, required=True),
        Setting("Password", SettingType.ENCRYPTED_STRING),
        Setting("Port", SettingType.INTEGER, default=389),
        Setting("Encrypt", SettingType.CHECK_BOX, default=True),
        Setting("Scope", SettingType.DROP_DOWN, default="Subtree", choices=("Subtree", "One Level")),
    )


def installed(folder: Path, entry_points: str, name: str = "jim-payroll") -> list[EntryPoint]:
    """The entry points of a package as pip leaves it."""
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (folder / "entry_points.txt").write_text(f"[{GROUP}]\n{entry_points}\n")
    return list(Distribution.at(folder).entry_points)


def test_file_connector_is_found_in_a_checkout_without_entry_points():
    assert find_connectors([]) == {"file": Registration("file", FILE, FileConnector)}


def test_file_connector_is_one_connector_when_it_is_installed_too(tmp_path):
    assert find_connectors(installed(tmp_path, f"file = {FILE}", "jim")) == find_connectors([])


def test_entry_points_add_connectors(tmp_path):
    found = find_connectors(installed(tmp_path, "memory = connectors.testing.in_memory:InMemoryConnector"))
    assert {key: registration.problem for key, registration in found.items()} == {"file": "", "memory": ""}


def test_two_connectors_under_one_key_are_refused_naming_both(tmp_path):
    with pytest.raises(
        ConfigurationError, match=r"FileConnector \(package jim\) and payroll:Payroll \(package jim-pay"
    ):
        find_connectors(installed(tmp_path, "file = payroll:Payroll"))


def test_missing_driver_of_ours_is_listed_with_its_extra():
    found = find_connectors([EntryPoint("ldap", "no_such_driver.connector:Ldap", GROUP)])
    assert found["ldap"].connector_class is None
    assert found["ldap"].problem == (
        "The connector 'ldap' needs a driver that is not installed (No module named 'no_such_driver')."
        " Install it: pip install '.[ldap]'"
    )


@pytest.mark.parametrize(
    ("entry_point", "command"),
    [
        ("payroll = no_such_driver:Payroll [oracle]", "pip install 'jim-payroll[oracle]'"),
        ("payroll = no_such_driver:Payroll", "pip install 'jim-payroll'"),
    ],
)
def test_missing_driver_of_others_is_listed_with_their_package(tmp_path, entry_point, command):
    assert find_connectors(installed(tmp_path, entry_point))["payroll"].problem.endswith(f"Install it: {command}")


@pytest.mark.parametrize("target", ["connectors.contract:NoSuchClass", "connectors.contract:Setting"])
def test_what_is_no_connector_class_is_listed_as_unavailable(tmp_path, target):
    found = find_connectors(installed(tmp_path, f"odd = {target}"))
    assert found["odd"].connector_class is None
    assert target in found["odd"].problem


def test_unknown_key_names_the_known_ones():
    with pytest.raises(ConfigurationError, match=r"There is no connector 'telepathy'\. Known: .*file"):
        connector_class("telepathy")


def test_known_key_gives_its_class():
    assert connector_class("file") is FileConnector


def test_settings_get_their_defaults():
    assert check_settings(Sample, {"Host": "directory"}) == {
        "Host": "directory",
        "Password": None,
        "Port": 389,
        "Encrypt": True,
        "Scope": "Subtree",
    }


def test_settings_given_are_kept_and_empty_ones_are_not_set():
    given = {"Host": "h", "Password": "", "Port": 0, "Encrypt": False, "Scope": "One Level"}
    assert check_settings(Sample, given) == given | {"Password": None}


@pytest.mark.parametrize(
    ("raw", "setting", "message"),
    [
        ({}, "Host", "'Host' is required"),
        ({"Host": None}, "Host", "'Host' is required"),
        ({"Host": "  "}, "Host", "'Host' is required"),
        ({"Host": 1}, "Host", "must be text, not a number"),
        ({"Host": "a\0b"}, "Host", "NUL"),
        ({"Host": "h", "Port": "389"}, "Port", "must be a whole number, not text"),
        ({"Host": "h", "Port": True}, "Port", "must be a whole number, not true or false"),
        ({"Host": "h", "Port": 2**31}, "Port", "must be between"),
        ({"Host": "h", "Encrypt": "true"}, "Encrypt", "must be true or false, not text"),
        ({"Host": "h", "Scope": "subtree"}, "Scope", "one of Subtree, One Level"),
        ({"Host": "h", "Prot": 1}, "Prot", "no setting 'Prot'. Its settings: Host, Password, Port, Encrypt, Scope"),
    ],
)
def test_wrong_setting_is_named(raw, setting, message):
    with pytest.raises(SettingError, match=message) as raised:
        check_settings(Sample, raw)
    assert raised.value.setting == setting


def test_secret_of_the_wrong_type_is_not_repeated():
    with pytest.raises(SettingError) as raised:
        check_settings(Sample, {"Host": "h", "Password": ["hunter2"]})
    assert "hunter2" not in str(raised.value)
