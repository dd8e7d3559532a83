"""A child process in its own session, bound to die with us, its output in a log file.

In: a command. Out: a running Child. Always: the terminal's Ctrl-C does not reach it, and it cannot outlive us.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

from jim.servers import launch
from jim.servers.account import OURSELVES, Account

POLL_SECONDS = 0.05
LOG_TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True)
class Command:
    """What to start. death_signal: sent when we die; stop_signal: asks for an orderly end."""

    name: str
    arguments: Sequence[str]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    account: Account = OURSELVES
    death_signal: signal.Signals = signal.SIGTERM
    stop_signal: signal.Signals = signal.SIGTERM


class Child:
    """One started process and its process group."""

    def __init__(self, command: Command, process: subprocess.Popen[bytes]) -> None:
        self.command = command
        self.process = process
        self.started = monotonic()

    @property
    def exit_status(self) -> int | None:
        """None while it runs; negative: ended by that signal."""
        return self.process.poll()

    def ask_to_stop(self) -> None:
        """Send the stop signal; it ends in its own time."""
        if self.exit_status is None:
            self.process.send_signal(self.command.stop_signal)

    def wait(self, seconds: float, pause: Callable[[float], None] = sleep) -> None:
        """Wait up to `seconds` for the end, then kill what is left of its process group."""
        deadline = monotonic() + seconds
        while self.exit_status is None and monotonic() < deadline:
            pause(POLL_SECONDS)
        self.kill()

    def stop(self, seconds: float) -> None:
        self.ask_to_stop()
        self.wait(seconds)

    def kill(self) -> None:
        """End the whole process group at once, also what a dead leader left behind."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def spawn(command: Command) -> Child:
    """Start the command. Must be called from the main thread: the parent-death signal watches that thread."""
    account = command.account
    launcher = [
        *(sys.executable, "-I", "-S", launch.__file__),
        *(str(int(command.death_signal)), str(os.getpid()), *account.ids),
        *account.prefix,
    ]
    with command.log.open("ab") as log:
        process = subprocess.Popen(
            [*launcher, *command.arguments],
            env={**os.environ, **command.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    return Child(command, process)


def last_log_line(log: Path) -> str:
    """The line that tells best why something ended: PostgreSQL's last FATAL or PANIC, else the last one."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LOG_TAIL_BYTES))
        lines = [line.strip() for line in file.read().decode("utf-8", "replace").split("\n") if line.strip()]
    fatal = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
    return next(reversed(fatal or lines), "it said nothing")
