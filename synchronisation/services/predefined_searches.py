"""Enable and disable predefined searches."""

from django.db import transaction

from activities.models import OperationType, TargetType
from activities.recorder import Initiator, record
from synchronisation.models import PredefinedSearch

from .audit import changed_fields


@transaction.atomic
def switch_search(search: PredefinedSearch, *, is_enabled: bool, initiator: Initiator) -> None:
    message = changed_fields(search, {"is_enabled": is_enabled})
    search.is_enabled = is_enabled
    search.save(update_fields=["is_enabled"])
    record(
        TargetType.PREDEFINED_SEARCH,
        OperationType.UPDATE,
        target_name=search.name,
        initiator=initiator,
        message=message,
    )
