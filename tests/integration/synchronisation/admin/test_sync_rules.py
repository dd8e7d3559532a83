"""Synchronisation rules in the admin: what a rule does can be read there, and nothing changed."""

import pytest
from django.test import Client

from synchronisation.models import (
    Attribute,
    Direction,
    MatchingRule,
    MetaverseAttribute,
    ScopingCriteriaGroup,
    SyncRule,
    SyncRuleMapping,
)
from tests.admin import content, link_to, page, queries_of
from tests.integration.synchronisation.systems import file_system, rule_of

pytestmark = pytest.mark.django_db

LIST = "/admin/synchronisation/syncrule/"


@pytest.fixture
def rule() -> SyncRule:
    return rule_of(file_system("Directory"), Direction.EXPORT, outbound_deprovision_action="Delete")


def change_path(rule: SyncRule) -> str:
    return f"{LIST}{rule.pk}/change/"


def group_of(rule: SyncRule, kind: str = "All", parent: ScopingCriteriaGroup | None = None) -> ScopingCriteriaGroup:
    return ScopingCriteriaGroup.objects.create(rule=rule, parent=parent, type=kind)


def add_criterion(group: ScopingCriteriaGroup, name: str, comparison: str, value: object, **fields: object) -> None:
    attribute = MetaverseAttribute.objects.get(name=name)
    group.criteria.create(metaverse_attribute=attribute, comparison_type=comparison, value=value, **fields)


def test_scope_is_shown_as_a_tree(admin_client: Client, rule: SyncRule) -> None:
    outer = group_of(rule)
    add_criterion(outer, "Employee Type", "Equals", "<staff>", case_sensitive=False)
    inner = group_of(rule, "Any", outer)
    add_criterion(inner, "Department", "StartsWith", "Support")
    add_criterion(inner, "Employee End Date", "GreaterThan", "2026-01-01T00:00:00Z")
    text = content(admin_client, change_path(rule))
    assert (
        'All of Employee Type Equals "<staff>" (any case) Any of Department StartsWith "Support" '
        'Employee End Date GreaterThan "2026-01-01T00:00:00Z"'
    ) in text
    assert "one of the outermost groups" not in text
    group_of(rule)
    assert "An object is in scope when one of the outermost groups holds." in content(admin_client, change_path(rule))


def test_rule_without_criteria_says_so(admin_client: Client, rule: SyncRule) -> None:
    assert "The rule has no criteria: every object of its type is in scope." in content(admin_client, change_path(rule))


def test_mappings_and_matching_rules_are_shown(admin_client: Client, rule: SyncRule) -> None:
    mail = Attribute.objects.create(object_type=rule.object_type, name="mail", type="Text")
    email = MetaverseAttribute.objects.get(name="Email")
    mapping = SyncRuleMapping.objects.create(rule=rule, target_attribute=mail, initial_only=True)
    mapping.sources.create(metaverse_attribute=email)
    mapping.sources.create(expression='"nobody@example.com"', order=1)
    matching = MatchingRule.objects.create(
        object_type=rule.object_type,
        metaverse_object_type=rule.metaverse_object_type,
        sync_rule=rule,
        target_metaverse_attribute=email,
        case_sensitive=False,
    )
    matching.sources.create(attribute=mail)
    text = content(admin_client, change_path(rule))
    assert 'mail Email, else "nobody@example.com" initial only' in text
    assert "Matching rules Compares With Case mail Email any" in text


@pytest.mark.parametrize(
    ("direction", "shown", "hidden"),
    [
        (Direction.IMPORT, "Inbound out of scope action", "Outbound deprovision action"),
        (Direction.EXPORT, "Outbound deprovision action", "Inbound out of scope action"),
    ],
)
def test_what_becomes_of_objects_out_of_scope_is_shown_by_direction(
    admin_client: Client, direction: Direction, shown: str, hidden: str
) -> None:
    text = content(admin_client, change_path(rule_of(file_system("HR"), direction))).casefold()
    assert shown.casefold() in text
    assert hidden.casefold() not in text


def test_page_of_the_system_leads_to_its_rules(admin_client: Client, rule: SyncRule) -> None:
    source = page(admin_client, f"/admin/synchronisation/connectedsystem/{rule.system_id}/change/")
    assert link_to(source, "Directory Export") == change_path(rule)


def test_nothing_is_changed_here(admin_client: Client, rule: SyncRule) -> None:
    paths = (f"{LIST}add/", change_path(rule), f"{LIST}{rule.pk}/delete/")
    assert [admin_client.post(path, {"name": "other", "post": "yes"}).status_code for path in paths] == [403, 403, 403]
    assert SyncRule.objects.get().name == "Directory Export"


def test_list_costs_the_same_queries_for_any_number_of_rules(admin_client: Client, rule: SyncRule) -> None:
    few = queries_of(admin_client, LIST)
    for number in range(4):
        rule_of(file_system(f"System {number}"))
    assert len(queries_of(admin_client, LIST)) == len(few)


def test_page_costs_the_same_queries_for_any_number_of_criteria(admin_client: Client, rule: SyncRule) -> None:
    add_criterion(group_of(rule), "Email", "Equals", "x")
    few = queries_of(admin_client, change_path(rule))
    for _ in range(4):
        add_criterion(group_of(rule), "Department", "Equals", "x")
    assert len(queries_of(admin_client, change_path(rule))) == len(few)
