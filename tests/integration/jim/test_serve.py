"""`jim serve` as a whole: the real processes, started, found, hurt and stopped."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest

from jim import instance
from jim.servers.ports import free_port, responds
from tests.integration.jim.processes import processes_of, wait_until

GENERATED = ("DATABASE_URL", "REDIS_URL", "JIM_SECRET_KEY", "JIM_ENCRYPTION_KEYS", "JIM_CONNECTOR_FILES")


class Serve:
    """One `jim serve` on a data folder of its own. given: more environment variables."""

    def __init__(self, data: Path, **given: str) -> None:
        self.data = data
        self.environment = {name: value for name, value in os.environ.items() if name not in GENERATED}
        self.environment |= {"JIM_DATA_DIR": str(data)} | given
        self.port = free_port()
        self.said = data.with_suffix(".said")
        with self.said.open("w") as said:
            self.process = self.start("--port", str(self.port), output=said)
        wait_until(lambda: instance.read(data) or self.process.poll() is not None, seconds=100)
        assert instance.read(data), self.said.read_text()

    def start(self, *options: str, output: object = subprocess.PIPE) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "jim.cli", "serve", "--workers", "1", *options]
        return subprocess.Popen(command, env=self.environment, stdout=output, stderr=subprocess.STDOUT, text=True)  # type: ignore[call-overload]

    def refusal(self, *options: str) -> str:
        """What another start says that ends at once."""
        process = self.start(*options)
        said, _ = process.communicate(timeout=30)
        assert process.returncode == 1
        return said

    def processes(self) -> dict[int, str]:
        """All that it has started, without itself."""
        return {pid: command for pid, command in processes_of(str(self.data)).items() if pid != self.process.pid}

    def ids_of(self, words: str) -> list[int]:
        """The processes with these words in their command line; a parent comes before its children."""
        return sorted(pid for pid, command in self.processes().items() if words in command)

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Embedded servers, everything generated."""
    serve = Serve(tmp_path_factory.mktemp("serve") / "data")
    yield serve
    serve.process.kill()
    serve.process.wait()


def test_announces_url_login_and_key_that_work(serve: Serve):
    said = serve.said.read_text()
    running = instance.read(serve.data)
    assert running is not None
    assert f"JIM is ready at http://127.0.0.1:{serve.port}\n" in said
    assert re.search(r"API key +(\S+)", said)[1] == running.api_key
    with httpx.Client(base_url=running.url, timeout=30) as client:
        page = client.get("/admin/login/")
        password = re.search(r"admin password +(\S+)", said)[1]
        form = {"username": "admin", "password": password, "csrfmiddlewaretoken": page.cookies["csrftoken"]}
        assert client.post("/admin/login/?next=/admin/", data=form).headers["location"] == "/admin/"


def test_second_serve_on_the_data_folder_says_so_in_one_line(serve: Serve):
    refusal = serve.refusal("--port", str(free_port()))
    assert refusal == (
        f"jim: another `jim serve` (process {serve.process.pid}) is using {serve.data}: "
        "stop it, or choose another --data-dir\n"
    )


def test_taken_port_is_said_in_one_line(serve: Serve, tmp_path: Path):
    refusal = serve.refusal("--port", str(serve.port), "--data-dir", str(tmp_path / "other"))
    assert refusal == (
        f"jim: cannot listen on 127.0.0.1:{serve.port} (address already in use): choose another port with --port\n"
    )


def test_manage_py_finds_the_running_instance(serve: Serve):
    command = [sys.executable, "manage.py", "showmigrations", "--plan"]
    outcome = subprocess.run(command, env=serve.environment, capture_output=True, text=True, check=True)
    assert "[X]" in outcome.stdout
    assert "[ ]" not in outcome.stdout


def test_manage_py_without_instance_says_what_to_do(serve: Serve, tmp_path: Path):
    command = [sys.executable, "manage.py", "showmigrations"]
    environment = serve.environment | {"JIM_DATA_DIR": str(tmp_path)}
    outcome = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (outcome.returncode, outcome.stderr) == (
        1,
        "No running JIM found: run `make run` first, or set DATABASE_URL and REDIS_URL.\n",
    )


@pytest.mark.parametrize(
    ("name", "words"), [("worker-runs", "--queues runs"), ("web", "jim.wsgi:application"), ("Valkey", "valkey-server")]
)
def test_killed_part_comes_back(serve: Serve, name: str, words: str):
    before = serve.ids_of(words)
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: f"{name} was ended by SIGKILL" in serve.said.read_text())
    wait_until(lambda: serve.ids_of(words) and not set(serve.ids_of(words)) & set(before))
    wait_until(lambda: responds("127.0.0.1", serve.port))


def test_kill_9_leaves_no_process_and_no_instance(serve: Serve):
    assert len(serve.processes()) >= 8
    assert serve.end(signal.SIGKILL) == -signal.SIGKILL
    wait_until(lambda: not serve.processes(), seconds=20)
    assert instance.read(serve.data) is None


def test_given_database_is_used_and_everything_else_stops_in_order(tmp_path: Path):
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS jim_serve")
        connection.execute("CREATE DATABASE jim_serve")
        url = psycopg.conninfo.make_conninfo(os.environ["DATABASE_URL"], dbname="jim_serve")
        serve = Serve(tmp_path / "data", DATABASE_URL=url)
        own_databases = serve.ids_of("/postgres")
        assert serve.end(signal.SIGTERM) == 0
        connection.execute("DROP DATABASE jim_serve")
    stopped = [line for line in serve.said.read_text().splitlines() if line.startswith("Stopping")]
    assert (own_databases, serve.processes(), instance.read(serve.data)) == ([], {}, None)
    assert stopped == ["Stopping web", "Stopping beat", "Stopping worker-housekeeping, worker-runs", "Stopping Valkey"]
