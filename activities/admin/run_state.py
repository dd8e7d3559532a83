"""Where a run stands, in words: the phase, how much of it is done, and the statistics."""

from dataclasses import dataclass

from django.utils import timezone

from activities.models import Activity, ActivityProgress, ActivityStatus
from activities.progress import COLUMNS, Progress, progress_of
from activities.statistics import statistics


@dataclass(frozen=True, slots=True)
class RunState:
    """percent: of the phase, None while its size is unknown. statistics: (name, number), without zeros."""

    running: bool
    phase: str
    done: str
    percent: int | None
    statistics: list[tuple[str, int]]
    item_count: int


def run_state_of(activity: Activity) -> RunState:
    """Nearly empty for an operation that is no run, and for a run that no worker has taken yet. One query."""
    running = activity.status == ActivityStatus.IN_PROGRESS
    row = ActivityProgress.objects.filter(pk=activity.pk).values(*COLUMNS, "counters", "item_count").first()
    if row is None or activity.executed is None:
        return RunState(running, "Waiting for a worker" if running else "", "", None, [], 0)
    progress = progress_of(row | {"status": activity.status}, timezone.now())
    numbers = statistics(row["counters"], activity.run_type).items()
    return RunState(
        running,
        phase=_phase(progress),
        done=_done(progress),
        percent=None if progress.percent is None else int(progress.percent),
        statistics=[(statistic_name(field), number) for field, number in numbers if number],
        item_count=row["item_count"],
    )


def _phase(progress: Progress) -> str:
    if progress.phase is None or progress.phase_count is None or progress.phase_index is None:
        return progress.phase or ""
    return f"Phase {progress.phase_index + 1} of {progress.phase_count}: {progress.phase}"


def _done(progress: Progress) -> str:
    total = progress.objects_to_process
    parts = [f"{progress.objects_processed:,} objects"]
    if total is not None:
        parts = [f"{progress.objects_processed:,} of {total:,} objects"]
    if progress.objects_per_second:
        parts.append(f"{progress.objects_per_second:,.0f} a second")
    if progress.seconds_remaining:
        parts.append(f"{progress.seconds_remaining:,.0f} s left")
    return ", ".join(parts)


def statistic_name(field: str) -> str:
    """`total_cso_adds` -> "CSO adds"."""
    words = field.removeprefix("total_").replace("_", " ")
    return (words[:1].upper() + words[1:]).replace("Cso", "CSO")
