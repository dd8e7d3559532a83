"""Work: the list of objects a phase takes, fixed before it starts, and its pages.

A list that is written down once makes a resumed run take the same objects in the same order.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor

from .pages import Page, Run
from .statements import sql


@dataclass(frozen=True, slots=True)
class WorkPage:
    """The next objects of a list, and the ordinal of the last of them."""

    phase: str
    ids: list[str]
    last: int

    def done_in(self, page: Page) -> None:
        """The page that commits these objects says so."""
        page.processed = len(self.ids)
        page.position[self.phase] = self.last


PageOfWork = Callable[[Page, list[str]], None]


def for_each_page(run: Run, phase: str, work: PageOfWork) -> None:
    """Call `work(page, object ids)` for the phase's list, in order; what it does commits with each page."""
    expect_work(run, phase)
    while _one_page(run, phase, work):
        pass


def expect_work(run: Run, phase: str) -> None:
    """Show how many objects the phase's list has."""
    with run.page() as page:
        row: Any = page.cursor.execute(sql("count_work"), {"phase": phase}).fetchone()
        run.expect(row[0])


def _one_page(run: Run, phase: str, work: PageOfWork) -> bool:
    with run.page() as page:
        next_page = read_work(run, page.cursor, phase, after=run.position.get(phase, 0))
        if next_page is None:
            return False
        work(page, next_page.ids)
        next_page.done_in(page)
    return True


def pages_ahead(run: Run, phase: str) -> Iterator[WorkPage]:
    """The pages of a phase's list, whether or not the ones before have committed yet."""
    after = run.position.get(phase, 0)
    while True:
        with run.reading() as cursor:
            next_page = read_work(run, cursor, phase, after=after)
        if next_page is None:
            return
        yield next_page
        after = next_page.last


def read_work(run: Run, cursor: Cursor[Any], phase: str, *, after: int) -> WorkPage | None:
    """The next page of a list; None at its end."""
    cursor.execute(sql("work_page"), {"phase": phase, "after": after, "limit": run.page_size})
    rows = cursor.fetchall()
    return WorkPage(phase, [object_id for _, object_id in rows], rows[-1][0]) if rows else None
