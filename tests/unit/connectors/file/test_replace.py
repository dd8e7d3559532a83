"""The file is replaced at once or not at all, by one export at a time."""

import fcntl
import os
import resource
import stat
import subprocess
import sys
from contextlib import contextmanager

import pytest

from connectors.contract import ExportBatch
from connectors.errors import ConfigurationError, TransientConnectorError
from connectors.file.paths import locate
from connectors.file.replace import Replacement
from tests.unit.connectors.file.files import create, known, update

TEMPORARY = ".people.csv.jim-export.tmp"


@contextmanager
def replacement(files):
    with Replacement(locate("people.csv", files.root)) as opened:
        yield opened


def rewrite(opened, content):
    descriptor = opened.open_old()
    if descriptor is not None:
        os.close(descriptor)
    with opened.open_new("utf-8") as stream:
        stream.write(content)


def test_old_content_stays_until_commit(files):
    files.people.write_text("old")
    with replacement(files) as opened:
        rewrite(opened, "new")
        assert (files.people.read_text(), files.names()) == ("old", [TEMPORARY, "people.csv"])
        opened.commit()
        assert (files.people.read_text(), files.names()) == ("new", ["people.csv"])


def test_without_commit_nothing_is_left(files):
    files.people.write_text("old")
    with pytest.raises(ZeroDivisionError), replacement(files) as opened:
        rewrite(opened, str(1 / 0))
    assert (files.people.read_text(), files.names()) == ("old", ["people.csv"])


def test_content_is_on_disk_before_the_name_and_the_name_before_the_end(files, monkeypatch):
    done = []

    def recording(name, function):
        return lambda *arguments, **more: (done.append(name), function(*arguments, **more))[1]

    monkeypatch.setattr(os, "replace", recording("replace", os.replace))
    monkeypatch.setattr(
        os, "fsync", lambda descriptor: done.append("folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "file")
    )
    files.export(known("id"), [create("1")])
    assert done == ["file", "replace", "folder"]


def test_temporary_file_that_changes_hands_before_it_is_locked_is_claimed_anew(files, monkeypatch):
    flock = fcntl.flock

    def after_another_export(descriptor, operation):
        monkeypatch.setattr(fcntl, "flock", flock)
        os.replace(files.root / TEMPORARY, files.people)
        return flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", after_another_export)
    with replacement(files) as opened:
        assert os.stat(files.root / TEMPORARY).st_ino == os.fstat(opened._descriptor).st_ino
        rewrite(opened, "new")
        opened.commit()
    assert (files.people.read_text(), files.names()) == ("new", ["people.csv"])


def test_second_export_of_the_same_file_is_told_to_wait(files):
    with (
        replacement(files),
        pytest.raises(TransientConnectorError, match=r"Another export is writing the file 'people\.csv' now"),
        replacement(files),
    ):
        pytest.fail("two writers at once")


def test_refused_export_takes_nothing_from_the_one_at_work(files):
    with replacement(files) as opened:
        with pytest.raises(TransientConnectorError), replacement(files):
            pytest.fail("two writers at once")
        rewrite(opened, "new")
        opened.commit()
    assert (files.people.read_text(), files.names()) == ("new", ["people.csv"])


def test_exports_of_two_files_in_one_folder_do_not_meet(files):
    with replacement(files), Replacement(locate("other.csv", files.root)):
        assert files.names() == [".other.csv.jim-export.tmp", TEMPORARY]


def test_what_a_killed_export_left_is_removed_and_never_written_into(files):
    files.people.write_text("id\n1\n")
    (files.root / "precious.txt").write_text("precious")
    os.link(files.root / "precious.txt", files.root / TEMPORARY)
    files.export(known("id"), [create("2")])
    assert (files.people.read_text(), files.names()) == ("id\n1\n2\n", ["people.csv", "precious.txt"])
    assert (files.root / "precious.txt").read_text() == "precious"


def test_link_in_place_of_the_temporary_file_is_refused(files):
    (files.root / "precious.txt").write_text("precious")
    (files.root / TEMPORARY).symlink_to("precious.txt")
    with pytest.raises(ConfigurationError, match="symbolic link"):
        files.export(known("id"), [create("1")])
    assert (files.root / "precious.txt").read_text() == "precious"


KILLED = """
import os, sys
from pathlib import Path
from tests.unit.connectors.file.files import Files, create, known
from connectors.contract import ExportBatch

def batches():
    yield ExportBatch(0, [create("9")])
    print("spooled", flush=True)
    sys.stdin.read()

connector = Files(Path(sys.argv[1])).connector()
list(connector.export(known("id"), batches()))
"""


def test_export_killed_half_way_leaves_the_old_file_and_no_lock(files):
    files.people.write_text("id\n1\n")
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, str(files.root)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        process.stdout.readline()
        with pytest.raises(TransientConnectorError):
            files.export(known("id"), [create("2")])
        process.kill()
        process.wait()
    assert (files.people.read_text(), files.names()) == ("id\n1\n", [TEMPORARY, "people.csv"])
    files.export(known("id"), [create("2")])
    assert (files.people.read_text(), files.names()) == ("id\n1\n2\n", ["people.csv"])


def replace(path):
    path.with_name("new.csv").write_text("of another")
    os.replace(path.with_name("new.csv"), path)


@pytest.mark.parametrize(
    ("old", "interfere", "left"),
    [
        ("old", lambda path: path.write_text("of another"), "of another"),
        ("old", replace, "of another"),
        ("old", lambda path: path.unlink(), None),
        (None, lambda path: path.write_text("of another"), "of another"),
    ],
    ids=["written", "replaced", "deleted", "created"],
)
def test_file_somebody_else_changed_meanwhile_is_not_overwritten(files, old, interfere, left):
    if old is not None:
        files.people.write_text(old)
    with replacement(files) as opened:
        rewrite(opened, "new")
        interfere(files.people)
        with pytest.raises(TransientConnectorError, match="written to by someone else"):
            opened.commit()
    assert files.names() == ([] if left is None else ["people.csv"])
    assert left is None or files.people.read_text() == left


@pytest.fixture
def no_more_than():
    """Calling it with a number of bytes keeps this process from writing larger files, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_file_that_cannot_be_written_whole_stays_as_it_was(files, no_more_than):
    content = "id,name\n" + "".join(f"{number},{'x' * 50}\n" for number in range(20_000))
    files.people.write_text(content)
    no_more_than(500_000)
    with pytest.raises(ConfigurationError, match="larger than its file system allows"):
        files.export(known("id", "name"), [update("1", name="b")])
    assert (files.people.read_text(), files.names()) == (content, ["people.csv"])


def test_failed_batches_leave_the_file_and_nothing_beside_it(files):
    files.people.write_text("id,name\n1,a\n")

    def batches():
        yield ExportBatch(0, [update("1", name="b")])
        raise ZeroDivisionError

    with files.connector() as connector, pytest.raises(ZeroDivisionError):
        list(connector.export(known("id", "name"), batches()))
    assert (files.people.read_text(), files.names()) == ("id,name\n1,a\n", ["people.csv"])
