"""Which servers we start ourselves, and where their programs are."""

import pytest

from jim.servers import binaries
from jim.servers.embedded import missing_servers
from jim.servers.errors import MissingBinaryError


@pytest.mark.parametrize(("given", "expected"), [((), 2), (("DATABASE_URL",), 1), (("DATABASE_URL", "REDIS_URL"), 0)])
def test_servers_with_a_url_are_not_started(monkeypatch: pytest.MonkeyPatch, given: tuple[str, ...], expected: int):
    for variable in ("DATABASE_URL", "REDIS_URL"):
        monkeypatch.setenv(variable, "set" if variable in given else "")
    assert len(missing_servers()) == expected


def test_programs_of_the_wheels_are_found():
    assert (binaries.postgres_programs() / "postgres").is_file()
    assert binaries.valkey_program().is_file()


@pytest.mark.parametrize(
    ("find", "variable"), [(binaries.postgres_programs, "DATABASE_URL"), (binaries.valkey_program, "REDIS_URL")]
)
def test_missing_wheel_is_named_with_both_remedies(monkeypatch: pytest.MonkeyPatch, find, variable: str):
    monkeypatch.setattr(binaries, "find_spec", lambda name: None)
    with pytest.raises(MissingBinaryError, match=f"run `make setup`, or set {variable} to a server of your own"):
        find()
