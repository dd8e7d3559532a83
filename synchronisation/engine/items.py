"""Items: what a page says happened to its objects, kept until the page's last statements write it.

An item's outcomes form a small tree, cause -> effect; its summary is the flat form `Type:count` in causal order.
`Provisioned` is in the tree and in the statistics but not in the summary, as the seed shows (engine.md section 8).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any
from uuid import UUID

import orjson
from psycopg import Cursor

from activities.items import NOT_IN_SUMMARY
from activities.statistics import Counter as STAT
from activities.statistics import change_type_key
from synchronisation.rules.values import Document

from .bulk import NULL, as_json, copy_lines, escaped

ITEM_COLUMNS = (
    "id", "month", "activity_id", "ordinal", "external_id", "display_name", "object_type", "change_type",
    "error_type", "error_message", "outcome_summary", "cso_id", "mvo_id",
)  # fmt: skip
DETAIL_COLUMNS = ("month", "activity_id", "ordinal", "outcomes", "scope", "old_values", "new_values")
NO_CHANGES = "\t".join((NULL, NULL, NULL)).encode()
PREFIX_LENGTH = 28
"""Characters of an activity's id that its items share; the ordinal follows in hex (`activities.items.item_id`)."""

Totals = tuple[tuple[str, int], ...]
"""(outcome type, count), in causal order."""

Kind = tuple[str, str | None, Totals]
"""What happened to one object: (change type, error type, totals)."""


@dataclass(slots=True)
class Outcome:
    """One node of the tree. target_system, rule: names for the administrator; pending_export_id: of a queued change."""

    type: str
    count: int = 1
    target_system: str | None = None
    rule: str | None = None
    pending_export_id: str | None = None
    children: list["Outcome"] = field(default_factory=list)

    def add(self, child: "Outcome") -> "Outcome":
        self.children.append(child)
        return child

    @classmethod
    def from_json(cls, shown: dict[str, Any]) -> "Outcome":
        """The inverse of `as_json`."""
        return cls(
            shown["type"],
            shown["count"],
            shown.get("targetSystemName"),
            shown.get("syncRuleName"),
            shown.get("pendingExportId"),
            [cls.from_json(child) for child in shown.get("children", ())],
        )

    def find(self, kind: str) -> "Outcome | None":
        """The first of this type, here or below."""
        if self.type == kind:
            return self
        return next((found for child in self.children if (found := child.find(kind))), None)

    def queues(self, export_id: str) -> bool:
        """Whether this pending export is queued here or below."""
        return self.pending_export_id == export_id or any(child.queues(export_id) for child in self.children)

    def add_to(self, totals: dict[str, int]) -> None:
        """Count this node and all below it, causes first."""
        totals[self.type] = totals.get(self.type, 0) + self.count
        for child in self.children:
            child.add_to(totals)

    def as_json(self) -> str:
        """As `ExecutionItemDetail.outcomes` keeps it: what is empty is left out, half of its bytes otherwise."""
        shown = f'{{"type":"{self.type}","count":{self.count}'
        if self.target_system is not None:
            shown += f',"targetSystemName":{_quoted(self.target_system)}'
        if self.rule is not None:
            shown += f',"syncRuleName":{_quoted(self.rule)}'
        if self.pending_export_id is not None:
            shown += f',"pendingExportId":"{self.pending_export_id}"'
        if self.children:
            shown += f',"children":{outcomes_json(self.children)}'
        return shown + "}"


def outcomes_json(outcomes: Iterable[Outcome]) -> str:
    return "[" + ",".join([outcome.as_json() for outcome in outcomes]) + "]"


@lru_cache
def _quoted(name: str) -> str:
    return orjson.dumps(name).decode()


@dataclass(frozen=True, slots=True)
class AttributeChanges:
    """Attribute key -> value before and after. scope: "cs" or "mv"; old is None on an Add."""

    scope: str
    old: Document | None
    new: Document


@dataclass(slots=True)
class Item:
    """What happened to one object. changes: of its attributes."""

    external_id: str | None
    display_name: str | None
    object_type: str | None
    change_type: str
    error_type: str | None = None
    error_message: str | None = None
    cso_id: str | None = None
    mvo_id: str | None = None
    outcomes: list[Outcome] = field(default_factory=list)
    changes: AttributeChanges | None = None

    def totals(self) -> dict[str, int]:
        """Outcome type -> count over the whole tree, in causal order."""
        totals: dict[str, int] = {}
        for root in self.outcomes:
            root.add_to(totals)
        return totals


def summary(totals: dict[str, int]) -> str | None:
    return ",".join(f"{kind}:{count}" for kind, count in totals.items() if kind not in NOT_IN_SUMMARY) or None


def write_items(
    cursor: Cursor[Any], *, activity_id: UUID, month: date, first: int, items: Sequence[Item], counters: Counter[str]
) -> None:
    """COPY a page's items and details from ordinal `first` on, and add what they say to the counters."""
    numbered = _Numbered(activity_id, month, first, items)
    copy_lines(cursor, "execution_item", ITEM_COLUMNS, numbered.item_lines(counters))
    copy_lines(cursor, "execution_item_detail", DETAIL_COLUMNS, numbered.detail_lines())


class _Numbered:
    """A page's items with their keys. Lines are made while they are copied, so that both sides work at once."""

    def __init__(self, activity_id: UUID, month: date, first: int, items: Sequence[Item]) -> None:
        self.prefix = str(activity_id)[:PREFIX_LENGTH]
        self.activity = f"{month}\t{activity_id}"
        self.first = first
        self.items = items

    def item_lines(self, counters: Counter[str]) -> Iterator[bytes]:
        """Few kinds of things happen to many objects: each kind is summed up and counted once."""
        kinds: Counter[Kind] = Counter()
        summaries: dict[Totals, str] = {}
        for ordinal, item in enumerate(self.items, self.first):
            totals = tuple(item.totals().items())
            if totals not in summaries:
                summaries[totals] = summary(dict(totals)) or NULL
            kinds[item.change_type, item.error_type, totals] += 1
            yield (
                f"{self.prefix}{ordinal:08x}\t{self.activity}\t{ordinal}\t{escaped(item.external_id)}\t"
                f"{escaped(item.display_name)}\t{escaped(item.object_type)}\t{item.change_type}\t"
                f"{item.error_type or NULL}\t{escaped(item.error_message)}\t{summaries[totals]}\t"
                f"{item.cso_id or NULL}\t{item.mvo_id or NULL}\n"
            ).encode()
        for (change_type, error_type, totals), times in kinds.items():
            count_item(counters, change_type, error_type, dict(totals), times)

    def detail_lines(self) -> Iterator[bytes]:
        """Of items that have any."""
        for ordinal, item in enumerate(self.items, self.first):
            if item.outcomes or item.changes is not None:
                outcomes = escaped(outcomes_json(item.outcomes))
                yield f"{self.activity}\t{ordinal}\t{outcomes}\t".encode() + _changes(item.changes) + b"\n"


def _changes(changes: AttributeChanges | None) -> bytes:
    """The last three columns of a detail."""
    if changes is None:
        return NO_CHANGES
    old = NULL.encode() if changes.old is None else as_json(changes.old)
    return b"\t".join((changes.scope.encode(), old, as_json(changes.new)))


def count_item(
    counters: Counter[str], change_type: str, error_type: str | None, totals: dict[str, int], times: int = 1
) -> None:
    """Add an item (or `times` equal ones) to the activity's counters."""
    if error_type is None:
        counters[STAT.OBJECT_CHANGES] += times
        counters[change_type_key(change_type)] += times
    else:
        counters[STAT.OBJECT_ERRORS] += times
    for kind, count in totals.items():
        counters[kind] += count * times
