"""What the settings promise whatever the environment says."""

import os
import subprocess
import sys

import pytest
from django.conf import settings


def settings_in(**environment: str) -> subprocess.CompletedProcess[str]:
    """Read the settings in a fresh process with no JIM variable but these."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("JIM_")}
    return subprocess.run(
        [sys.executable, "-c", "import jim.settings"],
        env=clean | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_celery_acknowledges_early_because_the_sweep_recovers():
    wished = {
        "CELERY_TASK_ACKS_LATE": False,
        "CELERY_TASK_REJECT_ON_WORKER_LOST": False,
        "CELERY_TASK_IGNORE_RESULT": True,
        "CELERY_WORKER_PREFETCH_MULTIPLIER": 1,
        "CELERY_WORKER_DISABLE_PREFETCH": True,
        "CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS": False,
        "CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP": True,
        "CELERY_BROKER_CONNECTION_MAX_RETRIES": None,
    }
    assert {name: getattr(settings, name) for name in wished} == wished


def test_ids_of_configuration_have_32_bits():
    assert settings.DEFAULT_AUTO_FIELD == "django.db.models.AutoField"


@pytest.mark.parametrize("given", [{}, {"JIM_SECRET_KEY": "x" * 50}], ids=["none", "only the secret key"])
def test_production_without_its_secrets_does_not_start(given: dict[str, str]):
    missing = "JIM_ENCRYPTION_KEYS" if given else "JIM_SECRET_KEY"
    outcome = settings_in(JIM_ENVIRONMENT="production", **given)
    assert outcome.returncode == 1
    assert f"VariableError: {missing} is not set" in outcome.stderr


def test_development_reads_settings_without_any_variable():
    assert settings_in().returncode == 0
