"""Amend: what a later phase of a run adds to what its items say.

In: items as they are written, changed in memory, and new ones. Out: the same rows changed, new items in the page.
Always: in the page of the change itself, with the counters: what an item says and what is counted never differ.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from activities.statistics import Counter as STAT
from activities.statistics import change_type_key

from .bulk import copy_temporary
from .items import Item, Outcome, outcomes_json, summary
from .pages import Page, Run
from .statements import sql

AMENDED = {
    "ordinal": "bigint", "summary": "text", "outcomes": "jsonb", "error_type": "text", "error_message": "text",
}  # fmt: skip


@dataclass(slots=True)
class Amended:
    """An item that is written already, at `ordinal`, or (None) one that the page is to write.

    totals: of its outcomes as they were; untold: what its summary counts beside them, as imports do.
    """

    ordinal: int | None
    item: Item
    had_error: bool
    totals: dict[str, int]
    untold: dict[str, int]

    @property
    def is_changed(self) -> bool:
        return self.item.totals() != self.totals or (self.item.error_type is not None and not self.had_error)


def written_item(item: Item, ordinal: int | None, shown: str | None, outcomes: str | None) -> Amended:
    """The item as its row has it. shown: its summary; outcomes: as its detail has them."""
    item.outcomes = [Outcome.from_json(outcome) for outcome in orjson.loads(outcomes or "[]")]
    totals = item.totals()
    pairs = (pair.split(":") for pair in shown.split(",")) if shown else ()
    untold = {kind: int(count) for kind, count in pairs if kind not in totals}
    return Amended(ordinal, item, item.error_type is not None, totals, untold)


def write_amended(run: Run, page: Page, amended: Iterable[Amended]) -> list[Amended]:
    """Write those that changed; the new ones among them, with the ordinals they are going to have."""
    changed = [one for one in amended if one.is_changed]
    _rewrite(run, page, [one for one in changed if one.ordinal is not None])
    new = [one for one in changed if one.ordinal is None]
    for one in new:
        one.ordinal = run.item_count + len(page.items)
        page.items.append(one.item)
    return new


def _rewrite(run: Run, page: Page, amended: Sequence[Amended]) -> None:
    if not amended:
        return
    for one in amended:
        _count(page.counters, one)
    copy_temporary(page.cursor, "amended_item", AMENDED, map(_row, amended))
    parameters = {"month": run.month, "activity": run.activity_id}
    page.cursor.execute(sql("amend_items"), parameters)
    page.cursor.execute(sql("amend_details"), parameters)
    page.cursor.execute("DROP TABLE amended_item")  # a page may amend twice


def _row(amended: Amended) -> tuple[Any, ...]:
    item = amended.item
    return (
        amended.ordinal,
        summary(amended.untold | item.totals()),
        outcomes_json(item.outcomes),
        item.error_type,
        item.error_message,
    )


def _count(counters: Counter[str], amended: Amended) -> None:
    item = amended.item
    for kind, count in item.totals().items():
        counters[kind] += count - amended.totals.get(kind, 0)
    if item.error_type is not None and not amended.had_error:
        counters[STAT.OBJECT_ERRORS] += 1
        counters[STAT.OBJECT_CHANGES] -= 1
        counters[change_type_key(item.change_type)] -= 1
