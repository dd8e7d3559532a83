"""docker-compose.yml and Dockerfile, as far as they can be checked without an engine."""

from typing import Any

import pytest
import typer
import yaml
from django.core.management import get_commands

from jim import cli
from jim.folders import BASE_DIR

OURS = {"prepare", "web", "worker", "housekeeping", "beat"}


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return yaml.safe_load((BASE_DIR / "docker-compose.yml").read_text())


def test_compose_runs_every_part(compose: dict[str, Any]):
    assert set(compose["services"]) == OURS | {"postgres", "valkey"}


@pytest.mark.parametrize("name", sorted(OURS))
def test_our_containers_share_image_servers_and_secrets_and_may_do_little(compose: dict[str, Any], name: str):
    service = compose["services"][name]
    assert {"DATABASE_URL", "REDIS_URL", "JIM_SECRET_KEY_FILE"} <= set(service["environment"])
    assert (service["image"], service["cap_drop"], service["read_only"]) == ("jim", ["ALL"], True)


def test_commands_of_our_containers_exist(compose: dict[str, Any]):
    known = typer.main.get_command(cli.app).commands
    commands = {name: compose["services"][name]["command"] for name in OURS}
    assert commands.pop("prepare") == ["python", "-m", "django", "prepare"]
    assert "prepare" in get_commands()
    for program, command, *options in commands.values():
        assert program == "jim"
        accepted = {option for parameter in known[command].params for option in parameter.opts}
        assert {option for option in options if option.startswith("--")} <= accepted


def test_every_named_volume_and_secret_is_declared(compose: dict[str, Any]):
    services = compose["services"].values()
    volumes = {volume.split(":")[0] for service in services for volume in service.get("volumes", [])}
    secrets = {secret for service in services for secret in service.get("secrets", [])}
    assert (volumes, secrets) == (set(compose["volumes"]), set(compose["secrets"]))


def test_image_runs_as_an_ordinary_user_in_production_mode():
    final = (BASE_DIR / "Dockerfile").read_text().split("\nFROM ")[-1]
    assert "\nUSER jim\n" in final
    assert "JIM_ENVIRONMENT=production" in final
