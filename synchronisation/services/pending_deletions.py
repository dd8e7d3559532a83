"""Metaverse objects that are about to go: what each of them waits for.

    Deprovisioning        deleted, but for accounts whose deletes have not been exported
    AwaitingGracePeriod   marked by a deletion rule, and the grace period is not over
    ReadyForDeletion      it is: housekeeping comes for it

Always: found by the partial indexes of marked and of obsolete objects, however many others there are.
"""

from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce

from synchronisation.models import MetaverseObject, MetaverseObjectStatus

DEPROVISIONING = "Deprovisioning"
AWAITING_GRACE_PERIOD = "AwaitingGracePeriod"
READY_FOR_DELETION = "ReadyForDeletion"
STATUSES = (DEPROVISIONING, AWAITING_GRACE_PERIOD, READY_FOR_DELETION)

IS_OBSOLETE = Q(status=MetaverseObjectStatus.OBSOLETE)
IS_MARKED = Q(deletion_eligible__isnull=False)


def pending_deletions(now: datetime) -> QuerySet[Any]:
    """Metaverse objects with `pending_status`, and `disconnected`: when they lost the connector, or were given up."""
    return MetaverseObject.objects.filter(IS_OBSOLETE | IS_MARKED).annotate(
        pending_status=Case(
            When(IS_OBSOLETE, then=Value(DEPROVISIONING)),
            When(deletion_eligible__gt=now, then=Value(AWAITING_GRACE_PERIOD)),
            default=Value(READY_FOR_DELETION),
            output_field=CharField(),
        ),
        disconnected=Coalesce("last_connector_disconnected", "last_updated", "created"),
    )
