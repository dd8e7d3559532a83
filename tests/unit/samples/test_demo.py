"""What makes the demo fail."""

import os
import signal
from contextlib import nullcontext

import pytest

from jim.client import SettingsError
from jim.instance import Instance
from jim.servers.errors import StartError
from samples import demo
from samples.demo import WrongResultError, check

NOWHERE = Instance(os.getpid(), "http://127.0.0.1:9", database_url="", redis_url="", api_key="k")


def test_check_of_equal_numbers_says_nothing() -> None:
    check("JIM", {"people": 5}, {"people": 5})


@pytest.mark.parametrize(
    ("found", "problem"),
    [({"people": 4}, "people is 4, not 5"), ({}, "people is None, not 5"), ({"people": 5, "x": 1}, "x is 1, not None")],
    ids=["different", "missing", "too-many"],
)
def test_check_of_a_difference_names_it(found: dict[str, int], problem: str) -> None:
    with pytest.raises(WrongResultError, match=f"^JIM: {problem}$"):
        check("JIM", found, {"people": 5})


@pytest.mark.parametrize(
    ("problem", "status"),
    [
        (WrongResultError("JIM: people is 4, not 5"), 1),
        (SettingsError("no such key"), 1),
        (StartError("no space left"), 1),
        (KeyboardInterrupt(), demo.INTERRUPTED),
    ],
    ids=lambda value: type(value).__name__,
)
def test_main_ends_with_a_status_and_no_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], problem: BaseException, status: int
) -> None:
    def fail(*_: object) -> None:
        raise problem

    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(demo.Demo, "show", fail)
    monkeypatch.setattr(demo, "private_instance", lambda _: nullcontext(NOWHERE))

    assert demo.main() == status

    assert str(problem) in capsys.readouterr().out
