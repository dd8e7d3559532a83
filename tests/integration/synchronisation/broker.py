"""The work queue in tests: what waits in it, and brokers that are away."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from celery import Celery, current_app
from kombu import Queue

from jim import conf


def empty_queue() -> None:
    with current_app.connection_for_write() as connection, connection.channel() as channel:
        channel.queue_purge(conf.runs_queue())


def messages() -> list[tuple[str, str]]:
    """(task id, activity id) of the messages that wait, oldest first; takes them out."""
    with current_app.connection_for_read() as connection, connection.channel() as channel:
        queue = Queue(conf.runs_queue(), channel=channel)
        return [
            (message.headers["id"], message.payload[0][0]) for message in iter(lambda: queue.get(no_ack=True), None)
        ]


@contextmanager
def broker_at(port: int) -> Iterator[None]:
    """Celery publishes to this port of the machine."""
    usual = current_app._get_current_object()
    app = Celery("elsewhere", set_as_current=False)
    app.config_from_object("django.conf:settings", namespace="CELERY")
    app.conf.broker_url = f"redis://127.0.0.1:{port}/0"
    app.set_current()
    try:
        yield
    finally:
        usual.set_current()
        app.close()


@contextmanager
def closed_port() -> Iterator[int]:
    """Nothing listens here: a connection is refused at once."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    yield port


@contextmanager
def silent_port() -> Iterator[int]:
    """A connection is accepted, and nothing ever answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=16) as server:
        yield server.getsockname()[1]
