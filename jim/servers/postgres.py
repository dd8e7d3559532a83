"""Embedded PostgreSQL: make the data once, start the server, wait until it answers.

In: a locked data folder. Out: a running child and its URL.
Always: TCP on the loopback address with generated passwords (SCRAM), no Unix socket; an interrupted initdb leaves
nothing that looks like data; data of another major version is refused, never touched.
"""

import shutil
import signal
import tempfile
from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from jim.servers.account import Account, postgres_account
from jim.servers.binaries import postgres_programs
from jim.servers.child import Child, Command, last_log_line, spawn
from jim.servers.data_folder import DataFolder
from jim.servers.errors import DataFolderError, StartError
from jim.servers.ports import LOOPBACK
from jim.servers.postgres_settings import settings_for, this_machine
from jim.servers.progress import Progress, Reminder

SUPERUSER = "postgres"
ROLE = DATABASE = "jim"
STOP_SECONDS = 120  # a fast shutdown writes a checkpoint first

NOT_DURABLE = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
"""For tests: emptying all tables after each takes a second otherwise."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """One server over one data folder. account: whom it runs as, see account.py. durable: what it says survives."""

    folder: DataFolder
    port: int
    password: str
    programs: Path
    account: Account
    log: Path
    durable: bool = True

    @property
    def data(self) -> Path:
        return self.folder.path / "postgres"

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}:{self.password}@{LOOPBACK}:{self.port}/{DATABASE}"

    def command(self) -> Command:
        """Stopped by SIGINT, which is the fast shutdown: sessions are ended, nothing is lost."""
        settings = settings_for(this_machine(self.folder.path)) | {
            "listen_addresses": LOOPBACK,
            "port": str(self.port),
            "unix_socket_directories": "",
        }
        if not self.durable:
            settings |= NOT_DURABLE
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        return Command(
            "PostgreSQL",
            [str(self.programs / "postgres"), "-D", str(self.data), *options],
            self.log,
            account=self.account,
            death_signal=signal.SIGINT,
            stop_signal=signal.SIGINT,
        )


def prepare_postgres(folder: DataFolder, port: int, progress: Progress, *, durable: bool = True) -> Postgres:
    """Make the data if there is none. Raises: DataFolderError, AccountError, MissingBinaryError, StartError."""
    programs = postgres_programs()
    password = folder.secret("postgres_password", lambda: token_urlsafe(24))
    account = postgres_account(folder.path)
    postgres = Postgres(folder, port, password, programs, account, folder.log("postgres"), durable)
    if postgres.data.exists():
        _check_version(postgres)
        _wait_for_predecessor(postgres, progress)
    else:
        progress.say(f"Creating the database in {postgres.data}")
        _make_data(postgres)
    return postgres


def start_postgres(postgres: Postgres, progress: Progress) -> Child:
    """Start the server and wait until it answers, however long its recovery takes; make our role and database."""
    child = spawn(postgres.command())
    try:
        _wait_until_ready(postgres, child, progress)
        _make_role_and_database(postgres)
    except BaseException:
        child.stop(STOP_SECONDS)
        raise
    return child


def _check_version(postgres: Postgres) -> None:
    version_file = postgres.data / "PG_VERSION"
    try:
        found = version_file.read_text(encoding="ascii").strip()
    except OSError as exc:
        raise DataFolderError(f"{postgres.data} is not PostgreSQL data ({exc.strerror}): move it away") from exc
    ours = postgres.programs.parent.name.removeprefix("pginstall")
    if found != ours:
        raise DataFolderError(
            f"{postgres.data} belongs to PostgreSQL {found}, this is PostgreSQL {ours}: "
            f"dump it with version {found} and restore it here, or choose another --data-dir"
        )


def _wait_for_predecessor(postgres: Postgres, progress: Progress) -> None:
    """Wait for the server of a `jim serve` that was killed, and remove what it may have left.

    We hold the data folder's lock, so a process that postmaster.pid names is either that server, stopping, or
    something unrelated which got its number after a restart of the machine and on which PostgreSQL would choke.
    """
    pid_file = postgres.data / "postmaster.pid"
    reminder = Reminder(progress)
    while (pid := _first_number(pid_file)) and _works_in(pid, postgres.data):
        reminder.tick("Waiting for PostgreSQL of an earlier run to stop")
    pid_file.unlink(missing_ok=True)


def _first_number(pid_file: Path) -> int | None:
    if not pid_file.is_file():
        return None
    first = pid_file.read_text(encoding="utf-8").split("\n", 1)[0].strip()
    return int(first) if first.isdigit() else None


def _works_in(pid: int, folder: Path) -> bool:
    """Whether this process has the folder as its current one, as a postmaster has its data folder."""
    try:
        return Path(f"/proc/{pid}/cwd").readlink() == folder.resolve()
    except OSError:
        return False


def _make_data(postgres: Postgres) -> None:
    """initdb beside the final place, then rename."""
    new = postgres.folder.path / "postgres.new"
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(mode=0o700)
    postgres.account.give(new)
    with tempfile.NamedTemporaryFile("w", dir=postgres.folder.path, prefix="initdb.") as password_file:
        postgres.account.give(Path(password_file.name))
        password_file.write(postgres.password)
        password_file.flush()
        _run_initdb(postgres, new, password_file.name)
    new.rename(postgres.data)


def _run_initdb(postgres: Postgres, new: Path, password_file: str) -> None:
    arguments = [
        *(str(postgres.programs / "initdb"), f"--pgdata={new}", f"--username={SUPERUSER}", f"--pwfile={password_file}"),
        *("--auth=scram-sha-256", "--encoding=UTF8", "--locale-provider=builtin", "--locale=C.UTF-8"),
    ]
    log = postgres.folder.log("initdb")
    child = spawn(Command("initdb", arguments, log, account=postgres.account, death_signal=signal.SIGKILL))
    if child.process.wait() != 0:
        raise StartError(f"PostgreSQL's initdb failed: {last_log_line(log)} (see {log})")


def _wait_until_ready(postgres: Postgres, child: Child, progress: Progress) -> None:
    reminder = Reminder(progress)
    log = child.command.log
    while not _says_ready(postgres.data / "postmaster.pid", child):
        if child.exit_status is not None:
            raise StartError(f"PostgreSQL ended instead of starting: {last_log_line(log)} (see {log})")
        reminder.tick(f"Waiting for PostgreSQL: {last_log_line(log)}")


def _says_ready(pid_file: Path, child: Child) -> bool:
    """The eighth line is the server's own word on its state, as pg_ctl reads it; recovery is `starting`."""
    lines = pid_file.read_text(encoding="utf-8").splitlines() if pid_file.is_file() else []
    return len(lines) >= 8 and lines[0].strip() == str(child.process.pid) and lines[7].strip() == "ready"


def _make_role_and_database(postgres: Postgres) -> None:
    """JIM works under a role that is no superuser; it may create databases, for the tests."""
    with _connect(postgres) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone() is None:
            create_role = sql.SQL("CREATE ROLE {} LOGIN CREATEDB PASSWORD {}")
            connection.execute(create_role.format(sql.Identifier(ROLE), sql.Literal(postgres.password)))
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
            create_database = sql.SQL("CREATE DATABASE {} OWNER {}")
            connection.execute(create_database.format(sql.Identifier(DATABASE), sql.Identifier(ROLE)))


def _connect(postgres: Postgres) -> psycopg.Connection[tuple[object, ...]]:
    login = make_conninfo(
        host=LOOPBACK, port=postgres.port, user=SUPERUSER, password=postgres.password, dbname="postgres"
    )
    try:
        return psycopg.connect(login, autocommit=True)
    except psycopg.OperationalError as exc:
        raise DataFolderError(
            f"cannot sign in to the database in {postgres.data} ({str(exc).strip().splitlines()[-1]}): "
            f"restore the folder {postgres.folder.path}/secrets that belongs to it"
        ) from exc
