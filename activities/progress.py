"""Progress of a running activity: how far it is, how fast, and how long it will take.

In: one row of the activity and its progress. Out: numbers for the current phase. Always: what is not known is None.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F

from activities.models import Activity, ActivityStatus

COLUMNS = ("phase", "phase_index", "phase_count", "phase_started", "objects_processed", "objects_to_process")


@dataclass(frozen=True, slots=True)
class Progress:
    """percent, seconds_remaining: of the current phase. objects_per_second: since the phase began."""

    status: str
    phase: str | None
    phase_index: int | None
    phase_count: int | None
    objects_processed: int
    objects_to_process: int | None
    percent: float | None
    objects_per_second: float | None
    seconds_remaining: float | None


def read_progress(activity_id: UUID, now: datetime) -> Progress | None:
    """None when there is no such activity. One query, light enough for every second."""
    columns = {name: F(f"progress__{name}") for name in COLUMNS}
    row = Activity.objects.filter(pk=activity_id).values("status", **columns).first()
    return None if row is None else progress_of(row, now)


def progress_of(row: Mapping[str, Any], now: datetime) -> Progress:
    """row: `status` and the COLUMNS, which are all None for an activity without progress."""
    processed, total = row["objects_processed"] or 0, row["objects_to_process"]
    rate = _rate(row, processed, now)
    return Progress(
        status=row["status"],
        phase=row["phase"] or None,
        phase_index=row["phase_index"],
        phase_count=row["phase_count"] or None,
        objects_processed=processed,
        objects_to_process=total,
        percent=_percent(processed, total),
        objects_per_second=rate,
        seconds_remaining=round(max(total - processed, 0) / rate, 1) if rate and total is not None else None,
    )


def _percent(processed: int, total: int | None) -> float | None:
    if total is None:
        return None
    return round(min(100 * processed / total, 100), 1) if total else 100.0


def _rate(row: Mapping[str, Any], processed: int, now: datetime) -> float | None:
    if row["status"] != ActivityStatus.IN_PROGRESS or row["phase_started"] is None:
        return None
    seconds = (now - row["phase_started"]).total_seconds()
    return round(processed / seconds, 1) if seconds > 0 else None
