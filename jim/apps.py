"""The project itself as a Django application: its checks, and the Celery app behind `shared_task`."""

from django.apps import AppConfig


class JimConfig(AppConfig):
    name = "jim"
    verbose_name = "JIM"

    def ready(self) -> None:
        from jim import (
            celery,  # noqa: F401  makes our app the current one, so that the web process can publish
            checks,  # noqa: F401  registers
        )
