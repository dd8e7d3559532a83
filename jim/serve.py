"""`jim serve`: database, broker, web, workers and beat of one machine, until told to stop.

In: options and the environment. Out: an instance file, and a few lines for the administrator when all is ready.
Always: whatever ends this process, also kill -9, ends everything that it started.
"""

import os
import signal
from dataclasses import dataclass
from enum import IntEnum
from functools import partial
from pathlib import Path

from jim import folders, instance
from jim.generated import generated_environment
from jim.servers import programs
from jim.servers.child import Child, Command, last_log_line, spawn
from jim.servers.data_folder import DataFolder, make_private_folder
from jim.servers.embedded import missing_servers
from jim.servers.errors import DataFolderError, StartError
from jim.servers.ports import client_host, ensure_free, responds
from jim.servers.progress import Progress, Reminder
from jim.servers.supervisor import Service, Supervisor

# A run ends at its next page boundary when its worker is told to stop; a page takes a few seconds.
WORKER_STOP_SECONDS = 60.0
WEB_STOP_SECONDS = 15.0
BEAT_STOP_SECONDS = 10.0
# A long admin page in one must not hold up the API in the other.
WEB_PROCESSES = 2


class Stage(IntEnum):
    """Starting order; the stop goes the other way, so that nobody loses what it still needs."""

    POSTGRESQL = 0
    VALKEY = 1
    WORKERS = 2
    BEAT = 3
    WEB = 4


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """workers: how many runs may be worked on at the same time."""

    host: str
    port: int
    data_folder: Path
    workers: int

    @property
    def url(self) -> str:
        """Where a client on this machine reaches the API; no slash at the end."""
        host = client_host(self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


def serve(options: ServeOptions) -> None:
    """Run everything until a signal comes. Raises: ServerError, VariableError."""
    with DataFolder(options.data_folder) as folder, Supervisor(say) as supervisor:
        progress = Progress(say, supervisor.pause)
        ensure_free(options.host, options.port, "--port")
        _export_environment(folder)
        _start_servers(folder, supervisor, progress)
        _prepare_database(folder, progress)
        _start_services(options, folder, supervisor, progress)
        with instance.published(folder.path, _describe(options)):
            _announce(options, folder)
            supervisor.watch()


def say(text: str) -> None:
    """One line for the administrator, at once also when the output is a file."""
    print(text, flush=True)


def _export_environment(folder: DataFolder) -> None:
    """What our children find in their environment: folders and secrets; the URLs follow with the servers."""
    files = folders.connector_files(folder.path)
    try:
        make_private_folder(files)
    except OSError as exc:
        raise DataFolderError(
            f"cannot make {files} ({exc.strerror}): set JIM_CONNECTOR_FILES to another folder"
        ) from exc
    os.environ.update(generated_environment(folder))
    os.environ["JIM_DATA_DIR"] = str(folder.path)
    os.environ["JIM_CONNECTOR_FILES"] = str(files)
    os.environ["DJANGO_SETTINGS_MODULE"] = "jim.settings"


def _start_servers(folder: DataFolder, supervisor: Supervisor, progress: Progress) -> None:
    for start in missing_servers():
        server = start(folder, progress)
        stage = Stage[server.name.upper()]
        supervisor.add(
            Service(server.name, server.start_again, server.child, server.stop_seconds, stage, essential=True)
        )
        os.environ[server.variable] = server.url


def _prepare_database(folder: DataFolder, progress: Progress) -> None:
    """Migrations and first users, in a process of their own so that this one stays small."""
    progress.say("Preparing the database")
    child = spawn(Command("prepare", programs.prepare(), folder.log("prepare")))
    reminder = Reminder(progress)
    try:
        while child.exit_status is None:
            reminder.tick(f"Preparing the database: {last_log_line(child.command.log)}")
    finally:
        child.kill()
    if child.exit_status != 0:
        log = child.command.log
        raise StartError(f"the database could not be prepared: {last_log_line(log)} (see {log})")


def _start_services(options: ServeOptions, folder: DataFolder, supervisor: Supervisor, progress: Progress) -> None:
    def start(stage: Stage, name: str, arguments: list[str], stop_seconds: float) -> Child:
        # When we are killed, an orderly stop of a worker would wait for a run whose database is going away;
        # granian must have it, for only it can end its own workers.
        death_signal = signal.SIGTERM if stage is Stage.WEB else signal.SIGKILL
        command = Command(name, arguments, folder.log(name), death_signal=death_signal)
        service = Service(name, partial(spawn, command), spawn(command), stop_seconds, stage)
        supervisor.add(service)
        return service.child

    for queue, concurrency in ((programs.RUNS_QUEUE, options.workers), (programs.HOUSEKEEPING_QUEUE, 1)):
        start(Stage.WORKERS, f"worker-{queue}", programs.worker(queue, concurrency), WORKER_STOP_SECONDS)
    start(Stage.BEAT, "beat", programs.beat(), BEAT_STOP_SECONDS)
    web = start(Stage.WEB, "web", programs.web(options.host, options.port, WEB_PROCESSES), WEB_STOP_SECONDS)
    _wait_for_web(options, web, progress)


def _wait_for_web(options: ServeOptions, child: Child, progress: Progress) -> None:
    reminder = Reminder(progress)
    while not responds(options.host, options.port):
        if child.exit_status is not None:
            log = child.command.log
            raise StartError(f"the web server ended instead of starting: {last_log_line(log)} (see {log})")
        reminder.tick("Waiting for the web server")


def _describe(options: ServeOptions) -> instance.Instance:
    return instance.Instance(
        process_id=os.getpid(),
        url=options.url,
        database_url=os.environ["DATABASE_URL"],
        redis_url=os.environ["REDIS_URL"],
        api_key=os.environ.get("JIM_INFRASTRUCTURE_API_KEY", ""),
    )


def _announce(options: ServeOptions, folder: DataFolder) -> None:
    """Logins are shown only where they were generated: what was given in the environment does not belong in a log."""
    say(f"\nJIM is ready at {options.url}")
    for label, name in (("admin password", "JIM_ADMIN_PASSWORD"), ("API key", "JIM_INFRASTRUCTURE_API_KEY")):
        if folder.keeps(name, os.environ.get(name, "")):
            say(f"  {label:<15} {os.environ[name]}")
    say(f"  {'admin':<15} {options.url}/admin/ (user: admin)")
    say(f"  {'data and logs':<15} {folder.path}")
    say("Press Ctrl-C to stop.\n")
