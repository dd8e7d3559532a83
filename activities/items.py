"""Where an execution item is: its id and the partition of its activity; and what its summary leaves out.

An item's id is the activity's with its last 32 bits replaced by the ordinal, so that neither needs an index
(engine.md section 2); `execution_item_id` is the same in SQL.
"""

from datetime import UTC, date
from uuid import UUID

from activities.models import Activity, OutcomeType

ORDINAL_BITS = 32
NOT_IN_SUMMARY = frozenset({OutcomeType.PROVISIONED})
"""Outcomes that stand in an item's tree only: the cause of a PendingExportCreated, as the seed shows."""


def item_id(activity_id: UUID, ordinal: int) -> UUID:
    return UUID(int=(activity_id.int >> ORDINAL_BITS << ORDINAL_BITS) | ordinal)


def ordinal_of(item_id: UUID) -> int:
    """The inverse of `item_id`; whose item it is only the activity's id can tell."""
    return item_id.int & (1 << ORDINAL_BITS) - 1


def month_of(activity: Activity) -> date:
    """The partition of the activity's items: the first day, in UTC, of the month in which it was created."""
    return activity.created.astimezone(UTC).date().replace(day=1)
