import pytest

from activities.models import OutcomeType, RunType
from activities.statistics import (
    STATS_FIELDS,
    STATS_SOURCES,
    SUMMARY_SOURCES,
    Counter,
    change_type_key,
    object_type_key,
    statistics,
    summary_totals,
)


def _set(fields: dict[str, int]) -> dict[str, int]:
    return {name: number for name, number in fields.items() if number}


@pytest.mark.parametrize(
    ("counters", "run_type", "stats", "totals"),
    [
        ({}, RunType.FULL_IMPORT, {}, {}),
        (
            {"objectsProcessed": 10, "objectChanges": 4, "objectErrors": 1, "unchanged": 5},
            RunType.FULL_IMPORT,
            {
                "total_objects_processed": 10,
                "total_object_change_count": 4,
                "total_object_errors": 1,
                "total_unchanged": 5,
            },
            {"total_errors": 1},
        ),
        (
            {"CsoAdded": 3, "CsoUpdated": 2, "CsoDeleted": 1, "changeType:Add": 3},
            RunType.FULL_IMPORT,
            {"total_cso_adds": 3, "total_cso_updates": 2, "total_cso_deletes": 1},
            {"total_added": 3, "total_updated": 2, "total_deleted": 1},
        ),
        (
            {"Projected": 2, "Joined": 1, "AttributeFlow": 30, "Provisioned": 2, "PendingExportCreated": 4},
            RunType.FULL_SYNCHRONISATION,
            {
                "total_projections": 2,
                "total_joins": 1,
                "total_attribute_flows": 30,
                "total_provisioned": 2,
                "total_pending_exports": 4,
            },
            {
                "total_projected": 2,
                "total_joined": 1,
                "total_attribute_flows": 30,
                "total_provisioned": 2,
                "total_pending_exports": 4,
            },
        ),
        (
            {"Disconnected": 2, "DisconnectedOutOfScope": 3, "OutOfScopeRetainJoin": 4, "DriftCorrection": 5},
            RunType.DELTA_SYNCHRONISATION,
            {
                "total_disconnections": 2,
                "total_disconnected_out_of_scope": 3,
                "total_out_of_scope_retain_join": 4,
                "total_drift_corrections": 5,
            },
            {"total_disconnected": 5},
        ),
        (
            {"Exported": 7, "Deprovisioned": 1, "changeType:Add": 3, "changeType:Update": 4, "changeType:Delete": 1},
            RunType.EXPORT,
            {"total_exported": 7, "total_deprovisioned": 1, "total_created": 3},
            {"total_exported": 7, "total_deprovisioned": 1},
        ),
        (
            {"PendingExportConfirmed": 3, "PendingExportRetrying": 2, "PendingExportFailed": 1},
            RunType.FULL_IMPORT,
            {
                "total_pending_exports_confirmed": 3,
                "total_pending_exports_retrying": 2,
                "total_pending_exports_failed": 1,
            },
            {},
        ),
        ({object_type_key("user"): 9, object_type_key("group"): 1}, RunType.FULL_IMPORT, {"total_object_types": 2}, {}),
    ],
    ids=["nothing", "objects", "import", "synchronisation", "leaving", "export", "confirmation", "object types"],
)
def test_counters_become_fields(
    counters: dict[str, int], run_type: str, stats: dict[str, int], totals: dict[str, int]
) -> None:
    assert _set(statistics(counters, run_type)) == stats
    assert _set(summary_totals(counters)) == totals


def test_every_field_is_there_when_nothing_was_counted() -> None:
    assert statistics({}, None) == dict.fromkeys(STATS_FIELDS, 0)
    assert summary_totals({}) == dict.fromkeys(SUMMARY_SOURCES, 0)
    assert (len(STATS_FIELDS), len(SUMMARY_SOURCES)) == (23, 12)


def test_every_source_is_an_outcome_or_a_counter() -> None:
    known = {*OutcomeType.values, *Counter}
    assert {key for keys in (*STATS_SOURCES.values(), *SUMMARY_SOURCES.values()) for key in keys} <= known
    assert change_type_key("Add") not in known
