"""Embedded PostgreSQL from the wheel's programs: start, keep, recover, refuse."""

import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from jim.servers import account
from jim.servers.account import Account
from jim.servers.child import Child
from jim.servers.data_folder import DataFolder
from jim.servers.errors import AccountError, DataFolderError, StartError
from jim.servers.ports import free_port
from jim.servers.postgres import Postgres, prepare_postgres, start_postgres
from jim.servers.progress import Progress

QUIET = Progress()


@pytest.fixture(scope="module")
def folder() -> Iterator[DataFolder]:
    with tempfile.TemporaryDirectory() as path, DataFolder(Path(path) / "data") as folder:
        yield folder


@pytest.fixture
def postgres(folder: DataFolder) -> Postgres:
    return prepare_postgres(folder, free_port(), QUIET)


@contextmanager
def running(postgres: Postgres) -> Iterator[Child]:
    child = start_postgres(postgres, QUIET)
    try:
        yield child
    finally:
        child.stop(30)


def query(postgres: Postgres, statement: str) -> object:
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute(statement).fetchone()
    return row and row[0]


def test_starts_with_a_login_that_is_no_superuser_and_sorts_alike_everywhere(postgres: Postgres):
    with running(postgres) as child:
        shown = {name: query(postgres, f"SHOW {name}") for name in ("is_superuser", "fsync", "jit", "listen_addresses")}
        locale = query(postgres, "SELECT datlocale FROM pg_database WHERE datname = 'jim' AND datlocprovider = 'b'")
    assert shown == {"is_superuser": "off", "fsync": "on", "jit": "off", "listen_addresses": "127.0.0.1"}
    assert locale == "C.UTF-8"
    assert child.exit_status == 0


def test_without_the_password_nobody_gets_in(postgres: Postgres):
    with running(postgres), pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(replace(postgres, password="wrong").url)


def test_what_was_committed_survives_kill_9(postgres: Postgres):
    with running(postgres) as child:
        with psycopg.connect(postgres.url) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 42 AS value")
        child.process.send_signal(signal.SIGKILL)
        child.process.wait()
    with running(prepare_postgres(postgres.folder, postgres.port, QUIET)):
        assert query(postgres, "SELECT value FROM kept") == 42


def test_lock_file_of_an_unrelated_process_is_no_obstacle(postgres: Postgres):
    """After a restart of the machine, the number in postmaster.pid may belong to anybody."""
    (postgres.data / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres.data}\n")
    with running(prepare_postgres(postgres.folder, postgres.port, QUIET)) as child:
        assert query(postgres, "SELECT 1") == 1
    assert child.exit_status == 0


def test_server_still_stopping_is_waited_for(postgres: Postgres):
    with running(postgres) as earlier:
        prepare_postgres(postgres.folder, postgres.port, Progress(pause=lambda _: earlier.stop(30)))
        assert earlier.exit_status == 0


def test_secrets_of_another_folder_are_named_as_the_cause(postgres: Postgres):
    with pytest.raises(DataFolderError, match=r"cannot sign in .* restore the folder .*/secrets that belongs to it"):
        start_postgres(replace(postgres, password="of another folder"), QUIET)
    assert not (postgres.data / "postmaster.pid").exists()


def test_taken_port_ends_the_start_with_the_servers_own_words(postgres: Postgres, tmp_path: Path):
    with running(postgres), DataFolder(tmp_path) as second, pytest.raises(StartError) as raised:
        start_postgres(prepare_postgres(second, postgres.port, QUIET), QUIET)
    assert "could not create any TCP/IP sockets" in str(raised.value)
    assert "\n" not in str(raised.value)


def test_data_of_another_major_version_is_refused_untouched(tmp_path: Path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres/PG_VERSION").write_text("12\n")
    with DataFolder(tmp_path) as folder, pytest.raises(DataFolderError, match="belongs to PostgreSQL 12, this is"):
        prepare_postgres(folder, free_port(), QUIET)
    assert [entry.name for entry in (tmp_path / "postgres").iterdir()] == ["PG_VERSION"]


def test_folder_that_is_no_data_is_refused(tmp_path: Path):
    (tmp_path / "postgres").mkdir()
    with DataFolder(tmp_path) as folder, pytest.raises(DataFolderError, match="is not PostgreSQL data"):
        prepare_postgres(folder, free_port(), QUIET)


def test_interrupted_initdb_is_begun_again(tmp_path: Path):
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new/half").write_text("made")
    with DataFolder(tmp_path) as folder:
        postgres = prepare_postgres(folder, free_port(), QUIET)
    assert (postgres.data / "PG_VERSION").exists()
    assert not (postgres.data / "half").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_root_without_user_namespaces_uses_a_service_account(monkeypatch: pytest.MonkeyPatch):
    nobody = pwd.getpwnam("nobody")
    monkeypatch.setattr(account, "_user_namespace", lambda: None)
    monkeypatch.setenv("JIM_SERVICE_ACCOUNT", "nobody")
    path = Path(tempfile.mkdtemp())  # pytest's own folders are closed to others
    os.chown(path, nobody.pw_uid, nobody.pw_gid)
    try:
        with DataFolder(path) as folder:
            postgres = prepare_postgres(folder, free_port(), QUIET)
            with running(postgres) as child:
                owner = Path(f"/proc/{child.process.pid}").stat().st_uid
    finally:
        shutil.rmtree(path)
    assert (postgres.account, owner) == (Account((), nobody.pw_uid, nobody.pw_gid), nobody.pw_uid)


@pytest.mark.skipif(os.geteuid() != 0, reason="an ordinary user needs no account")
@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("no-such-account", "start JIM as an ordinary user, or name one"),
        ("nobody", "the account nobody cannot write to"),
    ],
)
def test_root_without_any_account_is_told_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, problem: str
):
    monkeypatch.setattr(account, "_user_namespace", lambda: None)
    monkeypatch.setenv("JIM_SERVICE_ACCOUNT", name)
    tmp_path.chmod(0o700)
    with pytest.raises(AccountError, match=problem):
        account.postgres_account(tmp_path)
