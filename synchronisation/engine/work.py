"""Work: the list of objects a phase takes, fixed before it starts, and its pages.

A list that is written down once makes a resumed run take the same objects in the same order.
"""

from collections.abc import Callable
from typing import Any

from .pages import Page, Run
from .statements import sql

PageOfWork = Callable[[Page, list[str]], None]


def for_each_page(run: Run, phase: str, work: PageOfWork) -> None:
    """Call `work(page, object ids)` for the phase's list, in order; what it does commits with each page."""
    with run.page() as page:
        row: Any = page.cursor.execute(sql("count_work"), {"phase": phase}).fetchone()
        run.expect(row[0])
    while _one_page(run, phase, work):
        pass


def _one_page(run: Run, phase: str, work: PageOfWork) -> bool:
    with run.page() as page:
        page.cursor.execute(
            sql("work_page"), {"phase": phase, "after": run.position.get(phase, 0), "limit": run.page_size}
        )
        rows = page.cursor.fetchall()
        if not rows:
            return False
        work(page, [str(object_id) for _, object_id in rows])
        page.processed = len(rows)
        run.position[phase] = rows[-1][0]
    return True
