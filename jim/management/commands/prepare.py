"""Bring the database to the newest state and create the first logins. May be run any number of times."""

from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import BaseCommand, call_command

from jim import conf
from jim.accounts.bootstrap import ensure_infrastructure_key

ADMINISTRATOR = "admin"


class Command(BaseCommand):
    help = "Migrate the database, and create the admin user and the infrastructure API key when they are configured."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=options["verbosity"])
        if settings.JIM_ADMIN_PASSWORD:
            _ensure_administrator(settings.JIM_ADMIN_PASSWORD)
        ensure_infrastructure_key(conf.infrastructure_api_key())


def _ensure_administrator(password: str) -> None:
    """Only a missing user is created: whoever changed the password since keeps it."""
    users = get_user_model()._default_manager
    if not users.filter(username=ADMINISTRATOR).exists():
        users.create_superuser(username=ADMINISTRATOR, password=password)
