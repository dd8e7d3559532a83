"""Statistics of a run: what the engine counts, and the contract's fields that are made of it.

In: `ActivityProgress.counters`, numbers by key. Out: the fields of ActivityStats and the totals of ActivitySummary.
Always: every field is there, 0 when nothing was counted.

The engine adds, for every item it writes, each outcome's count under the outcome's type (errors included: an object
with an unresolved reference was added all the same), and the keys of `Counter`.
"""

from collections.abc import Mapping
from enum import StrEnum

from activities.models import ObjectChangeType, OutcomeType, RunType


class Counter(StrEnum):
    """Keys beside the outcome types."""

    OBJECTS_PROCESSED = "objectsProcessed"
    """Objects the run looked at, whatever came of it."""
    OBJECT_CHANGES = "objectChanges"
    """Items without an error."""
    OBJECT_ERRORS = "objectErrors"
    """Items with an error."""
    UNCHANGED = "unchanged"
    """Objects that nothing happened to; they have no item."""


def change_type_key(change_type: str) -> str:
    """Key of the number of items without an error that have this ObjectChangeType."""
    return f"changeType:{change_type}"


OBJECT_TYPE_PREFIX = "objectType:"


def object_type_key(name: str) -> str:
    """Key of the number of objects of this type; the keys there are count the types."""
    return f"{OBJECT_TYPE_PREFIX}{name}"


STATS_SOURCES: Mapping[str, tuple[str, ...]] = {
    "total_objects_processed": (Counter.OBJECTS_PROCESSED,),
    "total_object_change_count": (Counter.OBJECT_CHANGES,),
    "total_unchanged": (Counter.UNCHANGED,),
    "total_object_errors": (Counter.OBJECT_ERRORS,),
    "total_cso_adds": (OutcomeType.CSO_ADDED,),
    "total_cso_updates": (OutcomeType.CSO_UPDATED,),
    "total_cso_deletes": (OutcomeType.CSO_DELETED,),
    "total_projections": (OutcomeType.PROJECTED,),
    "total_joins": (OutcomeType.JOINED,),
    "total_attribute_flows": (OutcomeType.ATTRIBUTE_FLOW,),
    "total_disconnections": (OutcomeType.DISCONNECTED,),
    "total_disconnected_out_of_scope": (OutcomeType.DISCONNECTED_OUT_OF_SCOPE,),
    "total_out_of_scope_retain_join": (OutcomeType.OUT_OF_SCOPE_RETAIN_JOIN,),
    "total_drift_corrections": (OutcomeType.DRIFT_CORRECTION,),
    "total_provisioned": (OutcomeType.PROVISIONED,),
    "total_exported": (OutcomeType.EXPORTED,),
    "total_deprovisioned": (OutcomeType.DEPROVISIONED,),
    "total_pending_exports": (OutcomeType.PENDING_EXPORT_CREATED,),
    "total_pending_exports_confirmed": (OutcomeType.PENDING_EXPORT_CONFIRMED,),
    "total_pending_exports_retrying": (OutcomeType.PENDING_EXPORT_RETRYING,),
    "total_pending_exports_failed": (OutcomeType.PENDING_EXPORT_FAILED,),
}
"""Field of ActivityStats -> keys whose numbers it sums; `total_object_types` and `total_created` follow other rules."""

SUMMARY_SOURCES: Mapping[str, tuple[str, ...]] = {
    "total_added": (OutcomeType.CSO_ADDED,),
    "total_updated": (OutcomeType.CSO_UPDATED,),
    "total_deleted": (OutcomeType.CSO_DELETED,),
    "total_projected": (OutcomeType.PROJECTED,),
    "total_joined": (OutcomeType.JOINED,),
    "total_attribute_flows": (OutcomeType.ATTRIBUTE_FLOW,),
    # The summary has one field for joins that ended, whatever ended them.
    "total_disconnected": (OutcomeType.DISCONNECTED, OutcomeType.DISCONNECTED_OUT_OF_SCOPE),
    "total_provisioned": (OutcomeType.PROVISIONED,),
    "total_exported": (OutcomeType.EXPORTED,),
    "total_deprovisioned": (OutcomeType.DEPROVISIONED,),
    "total_pending_exports": (OutcomeType.PENDING_EXPORT_CREATED,),
    "total_errors": (Counter.OBJECT_ERRORS,),
}
"""Total of ActivitySummary -> keys whose numbers it sums. Added, updated and deleted are connector space objects."""

STATS_FIELDS = (*STATS_SOURCES, "total_object_types", "total_created")


def statistics(counters: Mapping[str, int], run_type: str | None) -> dict[str, int]:
    """The fields of ActivityStats. Created are the objects that an export created in the target."""
    created = counters.get(change_type_key(ObjectChangeType.ADD), 0) if run_type == RunType.EXPORT else 0
    types = sum(key.startswith(OBJECT_TYPE_PREFIX) for key in counters)
    return _sums(STATS_SOURCES, counters) | {"total_object_types": types, "total_created": created}


def summary_totals(counters: Mapping[str, int]) -> dict[str, int]:
    """The twelve totals of ActivitySummary."""
    return _sums(SUMMARY_SOURCES, counters)


def _sums(sources: Mapping[str, tuple[str, ...]], counters: Mapping[str, int]) -> dict[str, int]:
    return {field: sum(counters.get(key, 0) for key in keys) for field, keys in sources.items()}
