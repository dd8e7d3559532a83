"""Embedded Valkey: a password, and nothing kept."""

from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import AuthenticationError

from jim.servers.data_folder import DataFolder
from jim.servers.errors import StartError
from jim.servers.ports import free_port
from jim.servers.progress import Progress
from jim.servers.valkey import prepare_valkey, start_valkey


def test_answers_its_password_only_and_keeps_nothing(tmp_path: Path):
    with DataFolder(tmp_path) as folder:
        valkey = prepare_valkey(folder, free_port())
        child = start_valkey(valkey, Progress())
        with Redis.from_url(valkey.url) as client, Redis(port=valkey.port) as stranger:
            client.set("key", "value")
            with pytest.raises(AuthenticationError):
                stranger.get("key")
        child.stop(10)
    assert child.exit_status == 0
    assert [file.name for file in (tmp_path / "valkey").iterdir()] == ["valkey.conf"]


def test_password_is_not_on_the_command_line(tmp_path: Path):
    with DataFolder(tmp_path) as folder:
        valkey = prepare_valkey(folder, free_port())
    assert not any(valkey.password in word for word in valkey.command().arguments)


def test_port_of_another_server_is_not_mistaken_for_ours(tmp_path: Path):
    with DataFolder(tmp_path / "first") as folder, DataFolder(tmp_path / "second") as other:
        valkey = prepare_valkey(folder, free_port())
        child = start_valkey(valkey, Progress())
        try:
            with pytest.raises(StartError):
                start_valkey(prepare_valkey(other, valkey.port), Progress())
        finally:
            child.stop(10)
