"""The data folder: private when ours, untouched when not, held by one process."""

import os
import stat
from pathlib import Path

import pytest

from jim.servers.data_folder import DataFolder
from jim.servers.errors import DataFolderError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_new_folder_and_secret_are_private(tmp_path: Path):
    with DataFolder(tmp_path / "new") as folder:
        folder.secret("word", lambda: "s3cret")
    assert (mode(tmp_path / "new"), mode(tmp_path / "new/secrets/word")) == (0o700, 0o600)


def test_existing_folder_keeps_its_mode(tmp_path: Path):
    tmp_path.chmod(0o755)
    with DataFolder(tmp_path):
        assert mode(tmp_path) == 0o755


def test_secret_is_generated_once(tmp_path: Path):
    with DataFolder(tmp_path) as folder:
        assert folder.secret("word", lambda: "first") == "first"
        assert folder.secret("word", lambda: "second") == "first"
        assert folder.keeps("word", "first")
        assert not folder.keeps("word", "second")


def test_second_holder_is_told_who_holds_it(tmp_path: Path):
    with DataFolder(tmp_path), pytest.raises(DataFolderError, match=f"process {os.getpid()}") as raised:
        DataFolder(tmp_path).__enter__()
    assert "\n" not in str(raised.value)
    with DataFolder(tmp_path):
        pass


def test_file_in_the_way_is_one_line_with_a_remedy(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(DataFolderError, match=r"cannot use .*/file as data folder .* choose another with --data-dir"):
        DataFolder(tmp_path / "file").__enter__()


def test_log_of_the_start_before_is_kept(tmp_path: Path):
    with DataFolder(tmp_path) as folder:
        folder.log("web").write_text("first start")
        assert not folder.log("web").exists()
        assert (tmp_path / "logs/web.log.1").read_text() == "first start"
