"""Only regular files inside the folder for connector files are opened, whatever path is given."""

import os
from contextlib import suppress

import pytest

from connectors.errors import ConfigurationError
from connectors.file.paths import locate, open_existing, open_regular, opened_folder


@pytest.fixture
def outside(tmp_path):
    """A folder beside the one for connector files, with a file that must stay unread."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret.csv").write_text("id\n1\n")
    return folder


def content(path, root):
    location = locate(str(path), root)
    with opened_folder(location) as folder:
        descriptor = open_regular(folder, location.name, location.shown)
        with open(descriptor) as stream:
            return stream.read()


def test_relative_and_absolute_paths_inside_lead_to_the_file(files):
    (files.root / "hr").mkdir()
    (files.root / "hr" / "people.csv").write_text("id\n")
    assert content("hr/people.csv", files.root) == content(files.root / "hr/people.csv", files.root) == "id\n"


def test_link_that_stays_inside_is_followed(files):
    (files.root / "2024.csv").write_text("id\n")
    (files.root / "current.csv").symlink_to("2024.csv")
    assert content("current.csv", files.root) == "id\n"


def test_folder_for_connector_files_may_itself_be_a_link(files, tmp_path):
    files.people.write_text("id\n")
    (tmp_path / "link").symlink_to(files.root)
    assert (
        content("people.csv", tmp_path / "link") == content(tmp_path / "link/people.csv", tmp_path / "link") == "id\n"
    )


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("people\0.csv", "characters no file name can"),
        ("people\ud800.csv", "characters no file name can"),
        ("../outside/secret.csv", r"holds '\.\.'"),
        ("hr/../../outside/secret.csv", r"holds '\.\.'"),
        ("/etc/passwd", "leads out of the folder"),
        (".", "the folder for connector files itself"),
    ],
)
def test_path_that_leads_elsewhere_is_refused(files, outside, path, message):
    with pytest.raises(ConfigurationError, match=message):
        locate(path, files.root)


def test_absolute_path_to_a_sibling_with_the_same_beginning_is_refused(files, tmp_path):
    (tmp_path / "files-of-others").mkdir()
    with pytest.raises(ConfigurationError, match="leads out of the folder"):
        locate(str(tmp_path / "files-of-others" / "people.csv"), files.root)


def test_links_out_of_the_folder_are_refused_wherever_they_stand(files, outside):
    (files.root / "secret.csv").symlink_to(outside / "secret.csv")
    (files.root / "hr").symlink_to(outside)
    for path in ("secret.csv", "hr/secret.csv"):
        with pytest.raises(ConfigurationError, match="leads out of the folder"):
            locate(path, files.root)


def test_missing_folder_for_connector_files_is_named_by_its_variable(tmp_path):
    with pytest.raises(ConfigurationError, match="JIM_CONNECTOR_FILES"):
        locate("people.csv", tmp_path / "gone")


def test_file_exchanged_for_a_link_after_the_check_is_not_opened(files, outside):
    files.people.write_text("id\n")
    location = locate("people.csv", files.root)
    files.people.unlink()
    files.people.symlink_to(outside / "secret.csv")
    with opened_folder(location) as folder, pytest.raises(OSError, match="symbolic links"):
        open_regular(folder, location.name, location.shown)


def test_folder_exchanged_for_a_link_after_the_check_is_not_entered(files, outside):
    (files.root / "hr").mkdir()
    location = locate("hr/secret.csv", files.root)
    (files.root / "hr").rmdir()
    (files.root / "hr").symlink_to(outside)
    with pytest.raises(NotADirectoryError), opened_folder(location):
        pass


def test_folders_devices_and_pipes_are_refused_without_waiting(files):
    (files.root / "folder").mkdir()
    os.mkfifo(files.root / "pipe")
    names = ["folder", "pipe"]
    with suppress(PermissionError):
        # Only root may make devices.
        os.mknod(files.root / "device", 0o20600, os.makedev(1, 3))
        names.append("device")
    with opened_folder(locate("people.csv", files.root)) as folder:
        for name in names:
            with pytest.raises(ConfigurationError, match=f"'{name}' is no regular file"):
                open_regular(folder, name, name)


def test_file_that_is_not_there_opens_as_none(files):
    with opened_folder(locate("people.csv", files.root)) as folder:
        assert open_existing(folder, "people.csv", "people.csv") is None
