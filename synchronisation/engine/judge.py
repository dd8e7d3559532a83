"""Judge: decide in SQL over staging what an import may do, before anything is applied.

In: `seen`, `staged` and `rejected`, complete. Out: duplicates rejected, placeholders recognised, and the objects to
obsolete as the work of a later phase; each guard's verdict is kept in the run's facts, never recomputed.
"""

import time
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor

from activities.statistics import Counter as STAT
from synchronisation.models import LeaseMode
from synchronisation.rules.specification import System

from . import leases
from .pages import Run
from .precedence import METAVERSE, LeaseNeed
from .stage import parts_of
from .statements import sql

ALL_GONE_MINIMUM = 5
"""Objects: all of them going missing stops obsoletion when there were more than these (engine.md section 4)."""

LEASE_POLL_SECONDS = 0.5

HASH_JOINS_ONLY = "SET LOCAL enable_nestloop = off; SET LOCAL work_mem = '64MB'"
"""Judging compares whole tables. With statistics from before the last import the planner took nested loops over
100,000 x 100,000 rows, for more than eight minutes; hash joins of 20,000 x 20,000 take 0.05 s."""


@dataclass(frozen=True, slots=True)
class TypeCounts:
    """What a full import found of one object type, against the connector space.

    accepted: read and importable; in_scope: in the connector space, placeholders aside; missing: not read, or obsolete
    already and still not read; unidentified: read without anybody knowing whom they meant.
    """

    accepted: int
    in_scope: int
    missing: int
    unidentified: int


def guard(counts: TypeCounts, system: System, *, override: bool) -> str | None:
    """Why the missing objects of a type must not become obsolete; None lets them."""
    if counts.missing == 0:
        return None
    if counts.accepted == 0:
        return "no object of this type was read"
    if counts.unidentified:
        return f"{counts.unidentified} rows had no readable external ID, so nobody knows which objects they meant"
    return None if override else over_threshold(counts.missing, counts.in_scope, system)


def over_threshold(leaving: int, in_scope: int, system: System) -> str | None:
    """Why so many objects must not leave at once; None when they may. Imports and exports judge alike."""
    if system.deletion_threshold_percent is None:
        return None
    share = 100 * leaving > system.deletion_threshold_percent * in_scope
    if share and leaving >= system.deletion_threshold_minimum:
        percent = system.deletion_threshold_percent
        return f"{leaving} of {in_scope} objects is more than the deletion threshold of {percent} %"
    if leaving == in_scope > ALL_GONE_MINIMUM:
        return f"all {in_scope} objects would go"
    return None


def judge(run: Run) -> None:
    """Judge what was read. Raises: LeaseLostError, StopRequestedError."""
    full = run.specification.run_type == "FullImport"
    with run.page() as page:
        parameters = {"system": run.specification.system.id, "partition": run.specification.partition_id}
        page.cursor.execute(HASH_JOINS_ONLY)
        page.cursor.execute(sql("forget_work"))
        parts = parts_of(run)
        if not full and len(parts) > 1:
            afters, lasts = [part.after for part in parts], [part.last for part in parts]
            page.cursor.execute(sql("drop_moved_deletes"), {"afters": afters, "lasts": lasts})
        page.cursor.execute(sql("reject_duplicates" if full else "drop_superseded"))
        for recognition in ("recognise_withdrawn", "recognise_provisioned", "recognise_placeholders"):
            page.cursor.execute(sql(recognition), parameters)
        if full:
            for object_type in run.specification.own_types():
                if object_type.selected and object_type.external_id is not None:
                    _judge_missing(run, page.cursor, object_type.id, object_type.name, parameters)
        if full and run.specification.partition_id is None:
            page.cursor.execute(sql("queue_unselected"), parameters)
        page.cursor.execute(sql("number_missing"))
        for part in parts:
            if part.partition_id is not None:
                page.cursor.execute(
                    sql("queue_moved"),
                    {
                        "system": run.specification.system.id,
                        "partition": part.partition_id,
                        "phase": moved_to(part.partition_id),
                        "after": part.after,
                        "last": part.last,
                    },
                )
        page.cursor.execute(sql("queue_confirmations"), parameters)
        page.cursor.execute(sql("note_named"), parameters)
        page.cursor.execute("ANALYZE named")
        page.cursor.execute("ANALYZE rejected")
        page.cursor.execute("ANALYZE work")
        page.cursor.execute(sql("count_import"))
        row = page.cursor.fetchone()
        assert row is not None
        run.facts["unchanged"] = run.counters[STAT.UNCHANGED] = row[0]
        run.counters[STAT.OBJECTS_PROCESSED] = run.facts["rows"]


def moved_to(partition_id: int) -> str:
    """The list of objects that came to this partition from another."""
    return f"moved to {partition_id}"


def share_metaverse(run: Run) -> None:
    """Wait for a share of the metaverse. A synchronisation takes all its leases at once, so this cannot deadlock."""
    need = LeaseNeed(METAVERSE, LeaseMode.SHARED)
    while not leases.extend(run.activity_id, run.fence, need):
        with run.page():
            pass  # a page boundary: a cancel or a stop is heard here
        time.sleep(LEASE_POLL_SECONDS)


def _judge_missing(run: Run, cursor: Cursor[Any], type_id: int, type_name: str, parameters: dict[str, Any]) -> None:
    """Queue the missing objects of one type, unless a guard speaks."""
    parameters = {**parameters, "type": type_id, "type_name": type_name}
    cursor.execute(sql("count_missing"), parameters)
    row = cursor.fetchone()
    assert row is not None
    counts = TypeCounts(*row)
    reason = guard(counts, run.specification.system, override=run.specification.ignore_deletion_threshold)
    if reason is None:
        if counts.missing:
            cursor.execute(sql("queue_missing"), parameters)
    else:
        can_override = guard(counts, run.specification.system, override=True) is None
        hint = "; to let them go, run again with ignoreDeletionThreshold" if can_override else ""
        run.warn(
            f"{counts.missing} objects of type {type_name} were not read and stay as they are: {reason}. "
            f"Check the source{hint}."
        )
