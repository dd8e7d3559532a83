"""Items: the tree of what happened to an object, its summary and what it adds to the activity's counters."""

import json
from collections import Counter
from typing import Any

import pytest

from synchronisation.engine.items import Item, Outcome, count_item, summary
from synchronisation.engine.synchronise import outcomes_of
from synchronisation.rules.inbound import Inbound
from synchronisation.rules.outbound import Effect, synchronise_outbound
from synchronisation.rules.world import Mvo
from tests.unit.synchronisation.rules.small_schema import (
    BADGE,
    BADGE_ID,
    BADGES,
    HR,
    MV_EMPLOYEE,
    UID,
    compiled,
    export_rule,
    flow,
)
from tests.unit.synchronisation.rules.small_world import NOBODY, account_of, mvo_of

RULES = compiled(
    export_rule(flow(UID, MV_EMPLOYEE)), export_rule(flow(BADGE_ID, MV_EMPLOYEE), rule_id=3, object_type=BADGE)
)


def effects_on(mvo: Mvo) -> list[Effect]:
    return list(synchronise_outbound(mvo, NOBODY, RULES))


def tree_of(inbound: Inbound, effects: list[Effect], system_id: int = HR.id) -> list[Any]:
    """Types with counts, each with what it caused, without names and ids."""

    def node(outcome: Outcome) -> tuple[str, list[Any]]:
        return f"{outcome.type}:{outcome.count}", [node(child) for child in outcome.children]

    return [node(outcome) for outcome in list(outcomes_of(inbound, effects, system_id))]


def summary_of(inbound: Inbound, effects: list[Effect], system_id: int = HR.id) -> str | None:
    item = Item(None, None, "person", "Update", outcomes=list(outcomes_of(inbound, effects, system_id)))
    return summary(item.totals())


PROVISIONED = ("Provisioned:1", [("PendingExportCreated:1", [])])


def test_projected_person_with_two_accounts_reads_like_the_seed() -> None:
    inbound, effects = Inbound(projected=True, flows=15), effects_on(mvo_of({MV_EMPLOYEE: "7"}))
    assert tree_of(inbound, effects) == [("Projected:1", [("AttributeFlow:15", [PROVISIONED, PROVISIONED])])]
    assert summary_of(inbound, effects) == "Projected:1,AttributeFlow:15,PendingExportCreated:2"


def test_changed_person_reads_like_the_seed() -> None:
    mvo = mvo_of({MV_EMPLOYEE: "8"}, account_of({UID: "7"}), account_of({BADGE_ID: "8"}, object_type=BADGE))
    inbound, effects = Inbound(flows=12), effects_on(mvo)
    assert tree_of(inbound, effects) == [("AttributeFlow:12", [("PendingExportCreated:1", [])])]
    assert summary_of(inbound, effects) == "AttributeFlow:12,PendingExportCreated:1"


def test_join_without_flow_causes_the_exports() -> None:
    effects = effects_on(mvo_of({MV_EMPLOYEE: "7"}, account_of({UID: "7"})))
    assert tree_of(Inbound(joined=True), effects) == [("Joined:1", [PROVISIONED])]


def test_difference_in_the_synchronised_system_is_drift() -> None:
    effects = effects_on(mvo_of({MV_EMPLOYEE: "7"}, account_of({UID: "7"}), account_of({}, object_type=BADGE)))
    drift = ("DriftCorrection:1", [("PendingExportCreated:1", [])])
    assert tree_of(Inbound(), effects, system_id=BADGES.id) == [drift]
    assert summary_of(Inbound(), effects, system_id=BADGES.id) == "DriftCorrection:1,PendingExportCreated:1"
    assert tree_of(Inbound(), effects, system_id=HR.id) == [("PendingExportCreated:1", [])]


def test_error_in_one_target_leaves_the_others_in_the_tree() -> None:
    mvo = mvo_of({}, account_of({UID: "7"}))
    assert [type(effect.error).__name__ for effect in effects_on(mvo)] == ["UnidentifiedAccountError"]
    assert tree_of(Inbound(flows=1), effects_on(mvo)) == [("AttributeFlow:1", [])]


def test_nothing_happened_has_no_outcomes() -> None:
    assert (tree_of(Inbound(), []), summary_of(Inbound(), [])) == ([], None)


def test_outcome_names_target_rule_and_export() -> None:
    (effect, _) = effects_on(mvo_of({MV_EMPLOYEE: "7"}))
    (root,) = outcomes_of(Inbound(projected=True), [effect], HR.id)
    provisioned = json.loads(root.as_json())["children"][0]
    queued = provisioned["children"][0]
    assert (provisioned["targetSystemName"], provisioned["syncRuleName"]) == ("Directory", "export 2")
    assert effect.account is not None
    assert effect.account.export is not None
    assert (queued["pendingExportId"], "children" in queued) == (effect.account.export.id, False)


@pytest.mark.parametrize(
    ("error_type", "expected"),
    [
        (None, {"objectChanges": 3, "changeType:Add": 3, "Projected": 3, "AttributeFlow": 45}),
        ("UnresolvedReference", {"objectErrors": 3, "Projected": 3, "AttributeFlow": 45}),
    ],
)
def test_items_are_counted_by_change_or_as_errors_and_their_outcomes_always(
    error_type: str | None, expected: dict[str, int]
) -> None:
    counters: Counter[str] = Counter()
    count_item(counters, "Add", error_type, {"Projected": 1, "AttributeFlow": 15}, 3)
    assert counters == expected
