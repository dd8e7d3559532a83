"""The `jim` command. Importing it imports no Django, so that help and the client answer at once."""

import os
from pathlib import Path
from typing import Annotated

import typer

from jim import folders, instance
from jim.client import ClientError, commands
from jim.env import VariableError
from jim.serve import ServeOptions, serve
from jim.servers import programs
from jim.servers.errors import ServerError

app = typer.Typer(no_args_is_help=True, help="JIM, identity synchronisation.", pretty_exceptions_enable=False)

commands.add_to(app)

DEFAULT_PORT = 8000
# Two runs of different systems side by side keep two cores busy.
DEFAULT_WORKERS = 2


@app.command("serve")
def serve_command(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = DEFAULT_PORT,
    data_dir: Annotated[Path | None, typer.Option(help="Where data is kept (default: JIM_DATA_DIR, or .jim).")] = None,
    workers: Annotated[int, typer.Option(min=1, help="How many runs may work at the same time.")] = DEFAULT_WORKERS,
) -> None:
    """Run everything on this machine: database, broker, API, workers and clock, until Ctrl-C."""
    serve(ServeOptions(host, port, (data_dir or folders.data_folder()).absolute(), workers))


@app.command("worker")
def worker_command(
    queue: Annotated[str, typer.Option(help="runs or housekeeping.")] = programs.RUNS_QUEUE,
    concurrency: Annotated[int, typer.Option(min=1, help="How many tasks at the same time.")] = DEFAULT_WORKERS,
) -> None:
    """Run one more worker, for DATABASE_URL and REDIS_URL or else for the running `jim serve`."""
    _become(programs.worker(queue, concurrency))


@app.command("web")
def web_command(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to listen on.")] = DEFAULT_PORT,
    processes: Annotated[int, typer.Option(min=1, help="How many processes answer requests.")] = 2,
) -> None:
    """Serve only the API and the admin, as a container does."""
    _become(programs.web(host, port, processes))


@app.command("beat")
def beat_command() -> None:
    """Run only the clock of sweeps and schedules, as a container does."""
    _become(programs.beat())


def _become(command: list[str]) -> None:
    """Replace this process by a part of JIM, so that signals reach it directly."""
    if not instance.export_urls(os.environ):
        raise ServerError("no running JIM found: start `jim serve` first, or set DATABASE_URL and REDIS_URL")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jim.settings")
    os.execv(command[0], command)


def main() -> None:
    """Errors of the administrator's making are one line on stderr and status 1."""
    try:
        app()
    except (ServerError, VariableError, ClientError) as exc:
        typer.echo(f"jim: {exc}", err=True)
        raise SystemExit(1) from exc


if __name__ == "__main__":
    main()
