"""Synchronisation rules, read-only: the list, and one rule with its scope, mappings and matching rules."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display

from jim.admin.model_admins import ReadOnlyAdmin, SectionsMixin
from jim.admin.sections import Section
from synchronisation.admin.documents import value_text
from synchronisation.models import (
    Attribute,
    Direction,
    MatchingRule,
    MatchingRuleSource,
    MetaverseAttribute,
    ScopingCriteriaGroup,
    ScopingCriterion,
    ScopingGroupType,
    SyncRule,
    SyncRuleMapping,
    SyncRuleMappingSource,
    nested_groups,
)

INDENT = "\N{EM SPACE}" * 2
"""Per level of a group; blanks at the start of a cell would not be shown."""

GROUP_LABELS = {ScopingGroupType.ALL: "All of", ScopingGroupType.ANY: "Any of"}


@admin.register(SyncRule)
class SyncRuleAdmin(SectionsMixin, ReadOnlyAdmin):
    list_display = ("name", "direction", "system", "object_type", "metaverse_object_type", "is_enabled")
    list_filter = ("direction", "system", "metaverse_object_type", "enabled")
    list_select_related = ("system", "object_type", "metaverse_object_type")
    search_fields = ("name",)
    ordering = ("name",)

    def get_fields(self, request: HttpRequest, obj: SyncRule | None = None) -> Any:
        is_import = obj is None or obj.direction == Direction.IMPORT
        acts = (
            ("project_to_metaverse", "inbound_out_of_scope_action")
            if is_import
            else ("provision_to_connected_system", "enforce_state", "outbound_deprovision_action")
        )
        return (
            ("name", "direction", "enabled"),
            ("system", "object_type", "metaverse_object_type"),
            acts,
            ("created", "edited"),
        )

    @display(description="enabled", boolean=True)
    def is_enabled(self, rule: SyncRule) -> bool:
        return rule.enabled

    def get_sections(self, request: HttpRequest, obj: SyncRule) -> list[Section]:
        return [_scope(obj), _mappings(obj), *_matching(obj)]


def _scope(rule: SyncRule) -> Section:
    groups = nested_groups(
        rule.scoping_groups.prefetch_related("criteria__attribute", "criteria__metaverse_attribute").all()
    )
    rows: list[tuple[Any, ...]] = [(line,) for line in _group_lines(groups, 0)]
    if not rows:
        note = "The rule has no criteria: every object of its type is in scope."
    elif len(groups) > 1:
        note = "An object is in scope when one of the outermost groups holds."
    else:
        note = ""
    return Section("Scope", (), rows, note=note)


def _group_lines(groups: Iterable[ScopingCriteriaGroup], level: int) -> Iterator[str]:
    for group in groups:
        yield INDENT * level + GROUP_LABELS[ScopingGroupType(group.type)]
        for criterion in group.criteria.all():
            yield INDENT * (level + 1) + criterion_text(criterion)
        yield from _group_lines(group.children, level + 1)


def criterion_text(criterion: ScopingCriterion) -> str:
    """`Department StartsWith "Support" (any case)`."""
    is_text = isinstance(criterion.value, str)
    value = f'"{criterion.value}"' if is_text else value_text(criterion.value)
    text = f"{criterion.compared.name} {criterion.comparison_type} {value}"
    return text if criterion.case_sensitive or not is_text else f"{text} (any case)"


def _mappings(rule: SyncRule) -> Section:
    mappings = rule.mappings.select_related("target_attribute", "target_metaverse_attribute").prefetch_related(
        "sources__attribute", "sources__metaverse_attribute"
    )
    rows: list[tuple[Any, ...]] = [
        (_target_name(mapping), _sources(mapping.sources.all()), _options(mapping)) for mapping in mappings
    ]
    return Section("Attribute mappings", ("writes", "from", "options"), rows)


def _target_name(mapping: SyncRuleMapping) -> str:
    return _name(mapping.target_attribute or mapping.target_metaverse_attribute)


def _name(attribute: Attribute | MetaverseAttribute | None) -> str:
    return attribute.name if attribute is not None else "-"


def _sources(sources: Iterable[SyncRuleMappingSource | MatchingRuleSource]) -> str:
    """In the order in which they are tried."""
    return ", else ".join(
        getattr(source, "expression", None) or _name(source.attribute or source.metaverse_attribute)
        for source in sources
    )


def _options(mapping: SyncRuleMapping) -> str:
    said = {
        f"priority {mapping.priority}": mapping.priority is not None,
        "null is a value": mapping.null_is_value,
        "initial only": mapping.initial_only,
    }
    return ", ".join(text for text, holds in said.items() if holds) or "-"


def _matching(rule: SyncRule) -> list[Section]:
    """Only in advanced mode; in simple mode matching rules belong to the object type."""
    rules = rule.matching_rules.select_related("target_metaverse_attribute").prefetch_related("sources__attribute")
    rows: list[tuple[Any, ...]] = [_matching_row(matching) for matching in rules]
    return [Section("Matching rules", ("compares", "with", "case"), rows)] if rows else []


def _matching_row(matching: MatchingRule) -> tuple[str, str, str]:
    case = "matters" if matching.case_sensitive else "any"
    return _sources(matching.sources.all()), matching.target_metaverse_attribute.name, case
