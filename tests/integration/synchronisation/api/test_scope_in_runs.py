"""What a run makes of the criteria, and of matching rules, that were configured over the API."""

from datetime import UTC, datetime
from typing import Any

from rest_framework.test import APIClient

from activities.models import Activity, RunType
from synchronisation.engine.configuration import specification_of
from synchronisation.models import ConnectedSystem
from synchronisation.rules.scope import InScope, scope_of
from synchronisation.rules.specification import Comparison, CriteriaGroup, Criterion, Specification
from tests.integration.synchronisation.api.configuration import (
    RULES,
    SYSTEMS,
    attribute_ids,
    call,
    create_rule,
    metaverse_attribute_ids,
    metaverse_type_id,
    object_type_id,
)
from tests.integration.synchronisation.api.scoping import Scope
from tests.integration.synchronisation.systems import profile_of


def specification(system_id: int) -> Specification:
    """What a full synchronisation of the system would work by if it was taken now."""
    profile = profile_of(ConnectedSystem.objects.get(pk=system_id), RunType.FULL_SYNCHRONISATION)
    return specification_of(Activity(run_profile_id=profile.pk), datetime.now(UTC))


def compiled(scope: Scope) -> InScope:
    found = specification(scope.rule["connectedSystemId"])
    (rule,) = found.rules
    attributes = found.object_type(rule.object_type_id).attributes
    if not rule.is_import:
        attributes = next(kind for kind in found.metaverse_types if kind.id == rule.metaverse_type_id).attributes
    in_scope = scope_of(rule, {attribute.id: attribute for attribute in attributes})
    assert in_scope is not None
    return in_scope


def test_rule_without_criteria_takes_everything(administrator: APIClient, hr: Any) -> None:
    scope = Scope(administrator, hr)
    scope.group("Any", scope.group())
    (rule,) = specification(hr["id"]).rules
    assert rule.scope == (CriteriaGroup(True, (), (CriteriaGroup(False),)),)
    assert (scope_of(rule, {}), rule.retains_join) == (None, False)


def test_criteria_reach_the_run_as_they_were_saved(administrator: APIClient, hr: Any) -> None:
    scope = Scope(administrator, hr, inboundOutOfScopeAction="RemainJoined")
    outer = scope.group("All")
    scope.criterion(outer, "active", "Equals", boolValue=True)
    inner = scope.group("Any", outer)
    scope.criterion(inner, "salary", "GreaterThanOrEquals", intValue=40_000)
    scope.criterion(inner, "lastName", "StartsWith", stringValue="o'", caseSensitive=False)
    (rule,), ids = specification(hr["id"]).rules, scope.ids
    of_inner = (
        Criterion(ids["salary"], Comparison.GREATER_THAN_OR_EQUALS, 40_000),
        Criterion(ids["lastName"], Comparison.STARTS_WITH, "o'", case_sensitive=False),
    )
    of_outer = (Criterion(ids["active"], Comparison.EQUALS, True),)
    assert rule.scope == (CriteriaGroup(True, of_outer, (CriteriaGroup(False, of_inner),)),)
    assert rule.retains_join is True


def test_worked_example_of_the_engine_page(administrator: APIClient, directory: Any) -> None:
    """docs/engine.md, Scoping: staff of two departments, and contractors who have an address."""
    scope = Scope(administrator, directory, "Export")
    staff = scope.group("All", position=0)
    scope.criterion(staff, "Employee Type", "Equals", stringValue="staff", caseSensitive=False)
    departments = scope.group("Any", staff)
    scope.criterion(departments, "Department", "Equals", stringValue="Sales")
    scope.criterion(departments, "Department", "StartsWith", stringValue="Support")
    contractors = scope.group("All", position=1)
    scope.criterion(contractors, "Employee Type", "Equals", stringValue="contractor", caseSensitive=False)
    scope.criterion(contractors, "Email", "NotEquals", stringValue="")
    in_scope, ids = compiled(scope), scope.ids

    def is_in_scope(employee_type: str, **values: str) -> bool:
        found = {"Employee Type": employee_type} | values
        return in_scope({str(ids[name]): value for name, value in found.items()})

    assert is_in_scope("Staff", Department="Sales")
    assert is_in_scope("Staff", Department="Support, north")
    assert not is_in_scope("Staff", Department="Legal")
    assert not is_in_scope("Staff")
    assert is_in_scope("Contractor", Email="li@example.com")
    assert not is_in_scope("Contractor", Department="Sales")


def matching_body(system: Any, column: str, target: str, **fields: Any) -> Any:
    return {
        "targetMetaverseAttributeId": metaverse_attribute_ids()[target],
        "sources": [{"connectedSystemAttributeId": attribute_ids(system["id"])[column]}],
    } | fields


def test_matching_rules_are_tried_rule_by_rule_in_advanced_mode(administrator: APIClient, hr: Any) -> None:
    call(administrator, "post", f"{SYSTEMS}/{hr['id']}/matching-mode", {"mode": "SyncRule"})
    rules = [create_rule(administrator, hr, name=name) for name in ("first", "second")]
    for rule, column, order in ((1, "lastName", 0), (0, "email", 7), (0, "employeeId", 1)):
        body = matching_body(hr, column, "Employee ID", order=order)
        call(administrator, "post", f"{RULES}/{rules[rule]['id']}/matching-rules", body, 201)
    found, ids = specification(hr["id"]), attribute_ids(hr["id"])
    assert [(m.rule_id, m.source_ids) for m in found.matching_rules] == [
        (rules[0]["id"], (ids["employeeId"],)),
        (rules[0]["id"], (ids["email"],)),
        (rules[1]["id"], (ids["lastName"],)),
    ]
    assert found.system.per_rule_matching is True


def test_matching_rules_of_all_systems_are_known(administrator: APIClient, hr: Any, directory: Any) -> None:
    """A run that changes an MVO must keep its keys of every matching rule, and says which ones it has written."""
    for system, column in ((hr, "employeeId"), (directory, "uid")):
        types = {
            "connectedSystemObjectTypeId": object_type_id(system["id"]),
            "metaverseObjectTypeId": metaverse_type_id(),
        }
        body = matching_body(system, column, "Employee ID") | types
        call(administrator, "post", f"{SYSTEMS}/{system['id']}/matching-rules", body, 201)
    found = specification(hr["id"])
    assert (found.rules, len(found.matching_rules)) == ((), 2)
    assert {kind.name for kind in found.metaverse_types} == {"person", "group"}
