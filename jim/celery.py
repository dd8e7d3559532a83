"""The Celery app. Settings come from Django with the prefix `CELERY_`; tasks from each app's `tasks` module."""

import os
import signal

from celery import Celery
from celery.signals import worker_process_init

from jim.servers.launch import die_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jim.settings")

app = Celery("jim")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def bind_pool_process_to_worker(**_: object) -> None:
    """A killed worker takes its pool processes along: a run must not go on while the sweep hands it to another."""
    die_with_parent(signal.SIGKILL)
