"""A run's execution items as tables: one page of them by ordinal range, and one item with its details.

Always: any page costs the same. Items carry dense ordinals from 0, so page N is a range of the primary key
(month, activity, ordinal), and the total is a counter; no OFFSET, no COUNT (engine.md section 2).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from activities.items import month_of
from activities.models import Activity, ErrorType, ExecutionItem, ExecutionItemDetail, ObjectChangeType
from activities.names import attributes
from jim.admin.sections import LINK_CLASSES, Section, choice_label, label, page_link

ITEMS_PER_PAGE = 100
CSO_LABEL = "synchronisation_connectorspaceobject"
MVO_LABEL = "synchronisation_metaverseobject"
CHANGE_KINDS = {
    ObjectChangeType.ADD: "success",
    ObjectChangeType.UPDATE: "info",
    ObjectChangeType.DELETE: "warning",
}


@dataclass(frozen=True, slots=True)
class ItemPage:
    """number counts from 1; total is the number of items in the whole activity."""

    number: int
    last: int
    total: int
    items: list[ExecutionItem]

    @property
    def previous_url(self) -> str:
        return f"?page={self.number - 1}"

    @property
    def next_url(self) -> str:
        return f"?page={self.number + 1}"

    @property
    def last_url(self) -> str:
        return f"?page={self.last}"


def read_item_page(activity: Activity, total: int, number: int, size: int = ITEMS_PER_PAGE) -> ItemPage:
    """Page `number`, or the nearest one there is. total: the run's own counter."""
    last = max(1, -(-total // size))
    number = min(max(number, 1), last)
    first = (number - 1) * size
    items = ExecutionItem.objects.filter(
        month=month_of(activity), activity=activity.pk, ordinal__gte=first, ordinal__lt=first + size
    )
    return ItemPage(number, last, total, list(items.order_by("ordinal")))


def item_of(activity: Activity, ordinal: int) -> ExecutionItem | None:
    return ExecutionItem.objects.filter(month=month_of(activity), activity=activity.pk, ordinal=ordinal).first()


def items_section(page: ItemPage, title: str = "") -> Section:
    return Section(
        title,
        ("item", "object", "external ID", "type", "change", "outcome", "error", "shows"),
        [
            (
                _item_link(item),
                item.display_name or "-",
                item.external_id or "-",
                item.object_type or "-",
                choice_label(ObjectChangeType(item.change_type), CHANGE_KINDS),
                _outcomes(item.outcome_summary),
                _error(item),
                object_links(item),
            )
            for item in page.items
        ],
    )


def _item_link(item: ExecutionItem) -> SafeString:
    url = reverse("admin:activities_activity_item", args=[item.activity_id, item.ordinal])
    return format_html('<a href="{}" class="{}">{}</a>', url, LINK_CLASSES, item.ordinal + 1)


def _outcomes(summary: str | None) -> str:
    return (summary or "-").replace(",", ", ")


def _error(item: ExecutionItem) -> str:
    return label(ErrorType(item.error_type).label, "danger") if item.error_type else "-"


def object_links(item: ExecutionItem) -> SafeString:
    """To the objects the item is about; either may be gone by now, and its page then says so."""
    links = [
        page_link(model, object_id, text)
        for model, object_id, text in ((CSO_LABEL, item.cso_id, "CSO"), (MVO_LABEL, item.mvo_id, "MVO"))
        if object_id
    ]
    return format_html_join("\N{NO-BREAK SPACE}", "{}", ((link,) for link in links)) or format_html("{}", "-")


def item_sections(item: ExecutionItem) -> list[Section]:
    detail = ExecutionItemDetail.objects.filter(
        month=item.month, activity=item.activity_id, ordinal=item.ordinal
    ).first()
    sections = [_facts(item)]
    if detail is None:
        return sections
    return [*sections, _outcome_tree(detail.outcomes or []), _attribute_changes(detail)]


def _facts(item: ExecutionItem) -> Section:
    facts: list[tuple[Any, ...]] = [
        ("object", item.display_name or "-"),
        ("external ID", item.external_id or "-"),
        ("object type", item.object_type or "-"),
        ("change", choice_label(ObjectChangeType(item.change_type), CHANGE_KINDS)),
        ("outcome", _outcomes(item.outcome_summary)),
        ("shows", object_links(item)),
    ]
    if item.error_type:
        facts += [("error", _error(item)), ("message", item.error_message or "-")]
    return Section("Item", (), facts)


def _outcome_tree(outcomes: list[dict[str, Any]]) -> Section:
    rows = [
        (
            format_html('<span style="padding-left: {}rem">{}</span>', depth * 1.5, outcome["type"]),
            outcome["count"],
            outcome.get("targetSystemName") or "-",
            outcome.get("syncRuleName") or "-",
        )
        for depth, outcome in _walk(outcomes, 0)
    ]
    return Section("Outcomes, causes first", ("outcome", "count", "target system", "rule"), rows)


def _walk(outcomes: list[dict[str, Any]], depth: int) -> Iterator[tuple[int, dict[str, Any]]]:
    for outcome in outcomes:
        yield depth, outcome
        yield from _walk(outcome.get("children") or [], depth + 1)


def _attribute_changes(detail: ExecutionItemDetail) -> Section:
    """What each attribute was and became; an attribute that is gone is shown by its number."""
    old, new = detail.old_values or {}, detail.new_values or {}
    numbers = {int(key) for key in (*old, *new)}
    names = attributes(detail.scope or "cs", numbers) if numbers else {}
    rows = [
        (names.get(number, number), _value(old.get(str(number))), _value(new.get(str(number))))
        for number in (*names, *sorted(numbers - names.keys()))
    ]
    return Section("Attribute changes", ("attribute", "before", "after"), rows)


def _value(value: Any) -> str:
    if value is None:
        return "-"
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)
