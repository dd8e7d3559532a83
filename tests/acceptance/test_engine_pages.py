"""What runs do never depends on the size of pages, on the order of a source, or on a step being taken twice."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from synchronisation.engine import resolve, run
from synchronisation.engine.pages import Run
from tests.acceptance.busy_year import company, left, live
from tests.acceptance.installation import memory_connector
from tests.integration.synchronisation.broker import empty_queue

__all__ = ["memory_connector"]

pytestmark = pytest.mark.django_db(transaction=True)

Year = dict[str, Any]


@pytest.fixture
def live_year(memory_connector: None, tmp_path: Path, settings: Any) -> Iterator[Callable[[int], Year]]:
    """Live the year in an empty installation, with this order of the sources."""
    settings.JIM_CONNECTOR_FILES = tmp_path

    def year(seed: int) -> Year:
        call_command("flush", interactive=False)
        people = company(tmp_path, seed)
        runs = {f"run {number}": said for number, said in enumerate(live(people))}
        return runs | left(people)

    yield year
    empty_queue()


@pytest.fixture(scope="module")
def memory_of_years() -> dict[int, Year]:
    return {}


@pytest.fixture
def usual_year(live_year: Callable[[int], Year], memory_of_years: dict[int, Year]) -> Year:
    """In pages of the usual size, each step once; lived once for all tests."""
    if not memory_of_years:
        memory_of_years[0] = live_year(0)
    return memory_of_years[0]


def assert_same(found: Year, usual: Year) -> None:
    for what, value in usual.items():
        assert found[what] == value, what


@pytest.mark.parametrize("size", [1, 3])
def test_year_is_the_same_in_pages_of_any_size_and_in_any_order(
    live_year: Callable[[int], Year], usual_year: Year, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(Run, "page_size", size)
    monkeypatch.setattr(resolve, "NAMES_PER_PAGE", size)
    assert_same(live_year(size), usual_year)


def test_step_that_is_taken_twice_changes_nothing_the_second_time(
    live_year: Callable[[int], Year], usual_year: Year, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that dies between a step's last page and the note of its end leaves the step to be taken again."""
    for run_type, phases in run.PIPELINES.items():
        monkeypatch.setitem(run.PIPELINES, run_type, tuple(replace(p, work=twice(p.work)) for p in phases))
    assert_same(live_year(0), usual_year)


def twice(work: Callable[[Run], None]) -> Callable[[Run], None]:
    def both(run: Run) -> None:
        work(run)
        work(run)

    return both
