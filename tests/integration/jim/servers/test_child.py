"""Children end with us, also when we are killed, and take their own children along."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from jim.servers.child import Command, last_log_line, spawn
from tests.integration.jim.processes import processes_of, wait_until

# A parent that spawns one child and waits; sys.argv: log, command.
PARENT = """
import sys, time
from pathlib import Path
from jim.servers.child import Command, spawn
spawn(Command("child", sys.argv[2:], Path(sys.argv[1])))
time.sleep(60)
"""


@pytest.fixture
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A value in the environment of everything that this test starts."""
    monkeypatch.setenv("JIM_TEST_MARK", str(tmp_path))
    return str(tmp_path)


def test_child_ends_when_its_parent_is_killed(tmp_path: Path, mark: str):
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path / "log"), "sleep", "60"])
    wait_until(lambda: "sleep 60 " in processes_of(mark).values())
    parent.kill()
    parent.wait()
    wait_until(lambda: not processes_of(mark), seconds=5)


def test_kill_ends_what_a_dead_child_left_behind(tmp_path: Path, mark: str):
    child = spawn(Command("child", ["sh", "-c", "sleep 60 & exit 3"], tmp_path / "log"))
    assert child.process.wait() == 3
    wait_until(lambda: processes_of(mark))
    child.kill()
    wait_until(lambda: not processes_of(mark), seconds=5)


def test_child_is_alone_in_its_session_and_gets_signals_although_we_hold_them_back(tmp_path: Path):
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        child = spawn(Command("child", ["sleep", "60"], tmp_path / "log"))
        wait_until(lambda: Path(f"/proc/{child.process.pid}/comm").read_text() == "sleep\n")
        assert os.getsid(child.process.pid) == child.process.pid
        child.stop(5)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    assert child.exit_status == -signal.SIGTERM


def test_child_that_ignores_the_stop_signal_is_killed_after_its_time(tmp_path: Path):
    child = spawn(Command("child", ["sh", "-c", "trap '' TERM; echo deaf; sleep 60"], tmp_path / "log"))
    wait_until(lambda: last_log_line(tmp_path / "log") == "deaf")
    child.stop(0.2)
    assert child.exit_status == -signal.SIGKILL


def test_last_log_line_skips_blank_lines_and_broken_text(tmp_path: Path):
    log = tmp_path / "log"
    log.write_bytes(b"first\nsec\xffond\n\n  \n")
    assert last_log_line(log) == "sec�ond"
    log.write_bytes(b"")
    assert last_log_line(log) == "it said nothing"
