"""What a person sees on a terminal, and what a log gets instead."""

import io

import pytest
from rich.console import Console

from jim.client import Progress, display


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=100, color_system=None)


def text(shown: Console) -> str:
    assert isinstance(shown.file, io.StringIO)
    return shown.file.getvalue()


def progress(phase: str = "Apply", processed: int = 1200, total: int | None = 5000) -> Progress:
    return Progress("InProgress", phase, 3, 5, processed, total, None, 600.4, None)


def test_table_on_a_terminal_is_aligned_and_shows_brackets_as_they_are() -> None:
    shown = console(terminal=True)

    display.table(
        shown, [{"name": "HR [test]", "count": 5000}, {"name": None, "count": 7}], {"name": "NAME", "count": "N"}
    )

    assert [line.rstrip() for line in text(shown).splitlines()] == ["NAME       N", "HR [test]  5,000", "           7"]


def test_table_on_a_narrow_terminal_keeps_ids_whole_and_times_short() -> None:
    shown = console(terminal=True)
    row = {"id": "a1b2c3d4-e5f6-7890-abcd-ef1234567890", "created": "2025-12-31T23:59:59.123456Z", "name": "x" * 80}

    display.table(shown, [row], {"id": "ID", "created": "CREATED", "name": "NAME"})

    assert f"{row['id']}  2025-12-31 23:59:59  xxx" in text(shown)


def test_table_in_a_pipe_keeps_one_line_a_row() -> None:
    shown = console(terminal=False)

    display.table(shown, [{"a": "x\ny" * 60, "b": None}], {"a": "A", "b": "B"})

    assert len(text(shown).splitlines()) == 2


def test_following_on_a_terminal_shows_phase_counts_and_speed() -> None:
    shown = console(terminal=True)

    with display.following(shown, "HR Full Import") as on_progress:
        on_progress(progress())

    for part in ("HR Full Import", "Apply (4/5)", "1,200 of 5,000 objects, 600/s", "0:00:0"):
        assert part in text(shown)


def test_following_in_a_log_says_something_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = console(terminal=False)
    with display.following(shown, "HR Full Import") as on_progress:
        on_progress(progress())
        monkeypatch.setattr(display, "PLAIN_LINE_SECONDS", 0)
        on_progress(progress(total=None))

    assert text(shown) == "HR Full Import: Apply (4/5) 1,200 objects, 600/s after 0 s\n"


def test_phase_of_a_run_that_waits_for_its_turn() -> None:
    assert display.phase_text(progress(phase="")) == "queued"


@pytest.mark.parametrize(
    ("time_span", "seconds"), [("00:00:01.5", 1.5), ("01:02:03", 3723), ("7.00:00:00", 604800), ("00:00:00", 0)]
)
def test_seconds_of_a_time_span(time_span: str, seconds: float) -> None:
    assert display.seconds_in(time_span) == seconds
