"""Embedded Valkey: broker, cache and throttles. It keeps nothing on disk, for the truth is in PostgreSQL.

In: a locked data folder. Out: a running child and its URL. Always: loopback only, a generated password.
"""

from dataclasses import dataclass
from pathlib import Path
from secrets import token_urlsafe

from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from jim.servers.binaries import valkey_program
from jim.servers.child import Child, Command, last_log_line, spawn
from jim.servers.data_folder import DataFolder, write_private_file
from jim.servers.errors import StartError
from jim.servers.ports import LOOPBACK
from jim.servers.progress import Progress, Reminder

STOP_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Valkey:
    folder: DataFolder
    port: int
    password: str
    program: Path
    log: Path

    @property
    def url(self) -> str:
        return f"redis://:{self.password}@{LOOPBACK}:{self.port}/0"

    def command(self) -> Command:
        """The settings go into a file: a password on the command line would be seen by every user."""
        settings = {
            "bind": LOOPBACK,
            "port": str(self.port),
            "requirepass": self.password,
            "dir": str(self.folder.folder("valkey")),
            "save": '""',
            "appendonly": "no",
            "maxmemory-policy": "noeviction",  # a broker must not drop messages
        }
        file = self.folder.folder("valkey") / "valkey.conf"
        write_private_file(file, "".join(f"{name} {value}\n" for name, value in settings.items()))
        return Command("Valkey", [str(self.program), str(file)], self.log)


def prepare_valkey(folder: DataFolder, port: int) -> Valkey:
    password = folder.secret("valkey_password", lambda: token_urlsafe(24))
    return Valkey(folder, port, password, valkey_program(), folder.log("valkey"))


def start_valkey(valkey: Valkey, progress: Progress) -> Child:
    """Start the server and wait until it answers our password."""
    child = spawn(valkey.command())
    reminder = Reminder(progress)
    try:
        while not _answers(valkey):
            if child.exit_status is not None:
                log = child.command.log
                raise StartError(f"Valkey ended instead of starting: {last_log_line(log)} (see {log})")
            reminder.tick("Waiting for Valkey")
    except BaseException:
        child.stop(STOP_SECONDS)
        raise
    return child


def _answers(valkey: Valkey) -> bool:
    with Redis.from_url(valkey.url, socket_timeout=2, socket_connect_timeout=2) as client:
        try:
            return bool(client.ping())
        except AuthenticationError as exc:
            raise StartError(f"another server answers on port {valkey.port}") from exc
        except RedisError:
            return False
