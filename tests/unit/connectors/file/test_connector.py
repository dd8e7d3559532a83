"""The file connector as a whole: what each mode can do, and what validation finds."""

import os
import tempfile
from pathlib import Path

import pytest

from connectors.contract import Capabilities, Durability
from connectors.errors import ConfigurationError, SettingError
from connectors.file.connector import FileConnector
from tests.unit.connectors.file.files import Files

BOTH = Capabilities(full_import=True, export=True, durable=Durability.AT_CLOSE)


@pytest.mark.parametrize(
    ("settings", "capabilities"),
    [
        ({}, BOTH),
        ({"Mode": "Import Only"}, Capabilities(full_import=True)),
        ({"Mode": "Export Only"}, Capabilities(export=True, durable=Durability.AT_CLOSE)),
        ({"Mode": "Bidirectional"}, BOTH),
    ],
)
def test_capabilities_follow_the_mode(settings, capabilities):
    assert FileConnector.capabilities(settings) == capabilities


@pytest.mark.parametrize(
    ("mode", "confirms"), [("Import Only", False), ("Export Only", True), ("Bidirectional", False)]
)
def test_only_exports_without_imports_confirm_themselves(files, mode, confirms):
    assert files.connector(Mode=mode).self_confirming is confirms


@pytest.mark.parametrize("mode", ["Import Only", "Export Only", "Bidirectional"])
def test_settings_that_fit_are_valid_in_every_mode(files, mode):
    files.people.write_text("id\n")
    files.connector(Mode=mode).validate()


def test_export_only_needs_no_file(files):
    files.connector(Mode="Export Only").validate()


@pytest.mark.parametrize(
    ("settings", "setting", "message"),
    [
        ({"Mode": "Import Only"}, "File Path", r"'people\.csv' does not exist\. Put it there"),
        ({"Mode": "Bidirectional"}, "File Path", "does not exist yet. Create it with one line"),
        ({"Mode": "Export Only", "File Path": "gone/people.csv"}, "File Path", "'gone/people.csv' does not exist"),
        ({"Mode": "Export Only", "File Path": "folder"}, "File Path", "no regular file"),
        ({"Mode": "Import Only", "File Path": "folder"}, "File Path", "no regular file"),
        ({"File Path": "../people.csv"}, "File Path", r"holds '\.\.'"),
        ({"File Path": "/etc/passwd"}, "File Path", "leads out of the folder"),
        ({"Object Type": "person", "Object Type Column": "kind"}, "Object Type", "both set"),
        ({"Delimiter": "ab"}, "Delimiter", "one character"),
        ({"Encoding": "klingon"}, "Encoding", "not a known"),
    ],
)
def test_validation_names_the_setting_that_is_wrong(files, settings, setting, message):
    (files.root / "folder").mkdir()
    given = {name.replace(" ", "_"): value for name, value in settings.items()}
    with pytest.raises(SettingError, match=message) as raised:
        files.connector(**given).validate()
    assert raised.value.setting == setting


@pytest.fixture
def files_of_root():
    """Files in a folder that everybody may enter, seen by an account that is not root."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "files"
        root.mkdir()
        Path(folder).chmod(0o755)
        account = os.geteuid()
        yield Files(root)
        os.seteuid(account)
        root.chmod(0o755)


def drop_rights():
    if os.geteuid() == 0:
        os.seteuid(65534)


def test_file_that_may_not_be_read_is_named(files_of_root):
    files_of_root.people.write_text("id\n")
    files_of_root.people.chmod(0o200)
    drop_rights()
    with pytest.raises(SettingError, match=r"'people\.csv' may not be used by the account that runs JIM"):
        files_of_root.connector(Mode="Import Only").validate()


def test_folder_that_may_not_be_written_to_is_named(files_of_root):
    files_of_root.people.write_text("id\n")
    files_of_root.people.chmod(0o644)
    files_of_root.root.chmod(0o555)
    drop_rights()
    files_of_root.connector(Mode="Import Only").validate()
    with pytest.raises(SettingError, match=r"The folder of 'people\.csv' may not be written to"):
        files_of_root.connector(Mode="Export Only").validate()


def test_paths_are_checked_again_when_the_file_is_opened(files, tmp_path):
    (tmp_path / "secret.csv").write_text("id\n1\n")
    files.people.write_text("id\n1\n")
    connector = files.connector()
    connector.validate()
    files.people.unlink()
    files.people.symlink_to(tmp_path / "secret.csv")
    with pytest.raises(ConfigurationError, match="leads out of the folder"):
        connector.discover_schema()
