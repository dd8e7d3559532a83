"""Edited rules: what a delta synchronisation does not act on for unchanged objects (engine.md sections 3 and 5.7).

In: a connected system. Out: a sentence naming the rules that were edited or deleted since its last full
synchronisation; the one who starts a run reads it at once, and the run's activity keeps it.
"""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Q

from activities.models import Activity, ActivityStatus, OperationType, RunType, TargetType
from synchronisation.models import Direction, SyncRule

SYNCHRONISED = (ActivityStatus.COMPLETE, ActivityStatus.COMPLETE_WITH_WARNING, ActivityStatus.COMPLETE_WITH_ERROR)
"""How a synchronisation ends that has looked at everything it had to."""


def edited_rules_warning(system_id: int) -> Iterator[str]:
    """One sentence, or none."""
    since = _last_looked_at_everything(system_id)
    if since is None:
        return
    applying = Q(system=system_id) | Q(direction=Direction.EXPORT)
    names = list(SyncRule.objects.filter(applying, edited__gt=since).order_by("id").values_list("name", flat=True))
    deleted = Activity.objects.filter(
        target_type=TargetType.SYNC_RULE,
        operation_type=OperationType.DELETE,
        connected_system_id=system_id,
        created__gt=since,
    )
    names += [name or "" for name in deleted.order_by("created").values_list("target_name", flat=True)]
    if names:
        yield (
            f"Edited since the last full synchronisation: {', '.join(map(repr, names))}. "
            "Unchanged objects follow the edited rules only after a full synchronisation."
        )


def _last_looked_at_everything(system_id: int) -> datetime | None:
    """When the last full synchronisation that completed was taken, or else the first delta one, which saw all."""
    completed = Activity.objects.filter(connected_system_id=system_id, status__in=SYNCHRONISED)
    last_full = completed.filter(run_type=RunType.FULL_SYNCHRONISATION).order_by("-created").first()
    first_delta = completed.filter(run_type=RunType.DELTA_SYNCHRONISATION).order_by("created").first()
    looked = last_full or first_delta
    return looked.executed if looked is not None else None
