"""The supervisor: restarts, gives up on what everything needs, stops in order. Each in a process of its own."""

import signal
import subprocess
import sys
from pathlib import Path

from tests.integration.jim.processes import wait_until

# Services are shell lines; sys.argv: folder, then NAME=STAGE=ESSENTIAL=LINE each.
SUPERVISED = """
import sys
from functools import partial
from pathlib import Path
from jim.servers import supervisor
from jim.servers.child import Command, spawn
from jim.servers.errors import ServerError
supervisor.FIRST_BACKOFF_SECONDS = 0.05
folder = Path(sys.argv[1])
try:
    with supervisor.Supervisor(partial(print, flush=True)) as running:
        for argument in sys.argv[2:]:
            name, stage, essential, line = argument.split("=", 3)
            start = partial(spawn, Command(name, ["sh", "-c", line], folder / name))
            running.add(supervisor.Service(name, start, start(), 20, int(stage), essential=essential == "yes"))
        print("up", flush=True)
        running.watch()
except ServerError as exc:
    sys.exit(str(exc))
"""
FOREVER = "echo up; exec sleep 60"
DEAF = "trap '' TERM; echo up; sleep 60"


class Supervised:
    """A running supervisor and what it has said."""

    def __init__(self, folder: Path, *services: str) -> None:
        self.said = folder / "said"
        with self.said.open("w") as said:
            arguments = [sys.executable, "-c", SUPERVISED, str(folder), *services]
            self.process = subprocess.Popen(arguments, stdout=said, stderr=subprocess.STDOUT)
        logs = [folder / service.split("=")[0] for service in services]
        wait_until(lambda: "up" in self.lines() and all(log.exists() and log.read_text() for log in logs))

    def lines(self) -> list[str]:
        return self.said.read_text().splitlines()

    def end(self, *signals: signal.Signals) -> list[str]:
        for number in signals:
            said = len(self.lines())
            self.process.send_signal(number)
            wait_until(lambda said=said: len(self.lines()) > said or self.process.poll() is not None)
        self.process.wait(30)
        return self.lines()


def test_stop_goes_from_the_last_stage_to_the_first(tmp_path: Path):
    supervised = Supervised(
        tmp_path, f"db=0=yes={FOREVER}", f"a=1=no={FOREVER}", f"b=1=no={FOREVER}", f"web=2=no={FOREVER}"
    )
    assert supervised.end(signal.SIGTERM) == ["up", "Stopping web", "Stopping b, a", "Stopping db"]
    assert supervised.process.returncode == 0


def test_service_that_ends_is_started_again_and_its_last_words_are_told(tmp_path: Path):
    line = "test -e seen && exec sleep 60; touch seen; echo no luck; exit 7".replace("seen", str(tmp_path / "seen"))
    supervised = Supervised(tmp_path, f"web=0=no={line}")
    wait_until(lambda: len(supervised.lines()) == 2)
    wait_until((tmp_path / "seen").exists)
    assert supervised.lines()[1].startswith("web ended with status 7: no luck (see ")
    assert supervised.end(signal.SIGINT)[-1] == "Stopping web"


def test_essential_service_that_keeps_ending_ends_everything_with_a_message(tmp_path: Path):
    supervised = Supervised(tmp_path, "db=0=yes=echo corrupt; exit 1", f"web=1=no={FOREVER}")
    lines = supervised.end()
    assert lines[-1].startswith("giving up after 5 new starts: db ended with status 1: corrupt")
    assert lines[-3:-1] == ["Stopping web", "Stopping db"]
    assert supervised.process.returncode == 1


def test_second_signal_ends_the_patience_with_workers(tmp_path: Path):
    supervised = Supervised(tmp_path, f"db=0=yes={FOREVER}", f"worker=1=no={DEAF}")
    lines = supervised.end(signal.SIGINT, signal.SIGINT)
    assert lines[-2:] == ["Stopping worker", "Stopping db"]
    assert supervised.process.returncode == 0
