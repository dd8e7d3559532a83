"""Execution items of a run, in the order they were recorded, and what happened to one object in detail.

Always: any page of all items costs the same. Items carry dense ordinals from 0, so a page is a range of the primary
key (month, activity, ordinal) and the total is the run's counter; never OFFSET, never COUNT (engine.md section 2). A
page of chosen items reads all items of the run to count them; failed ones have an index.
"""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from activities.api.filtersets import ExecutionItemFilter
from activities.api.serializers import ExecutionItemSerializer, ExecutionItemWithDetailSerializer
from activities.api.views import require_run
from activities.attribute_changes import attribute_changes
from activities.items import month_of, ordinal_of
from activities.models import Activity, ActivityProgress, ExecutionItem, ExecutionItemDetail
from activities.names import attributes
from jim.api.lookup import find_or_404
from jim.api.pagination import Pagination, Window
from jim.api.schema import Operation
from jim.api.views import ResourceViewSet

SHOWN_COLUMNS = (
    "id",
    "external_id",
    "display_name",
    "object_type",
    "change_type",
    "error_type",
    "outcome_summary",
)


class ExecutionItemViewSet(ResourceViewSet):
    tag = "Activities"
    operations = {
        "list": Operation("listExecutionItems", "Per-object results of a run", errors=(400,)),
        "retrieve": Operation("retrieveExecutionItem", "What happened to one object", errors=(400,)),
    }
    queryset = ExecutionItem.objects.none()
    filterset_class = ExecutionItemFilter
    default_order = ("ordinal",)

    def get_serializer_class(self) -> type[BaseSerializer]:
        return ExecutionItemSerializer if self.action == "list" else ExecutionItemWithDetailSerializer

    def list(self, request: Request, id: UUID) -> Response:
        run = find_run(id)
        if not request.query_params.keys().isdisjoint(ExecutionItemFilter.base_filters):
            chosen = self.filter_queryset(items_of(run).only(*SHOWN_COLUMNS))
            return self.get_paginated_response(self.get_serializer(self.paginate_queryset(chosen), many=True).data)
        window = Pagination().window(request)
        total = item_count(run)
        items = self.get_serializer(page_of_items(run, window), many=True).data if window.first < total else []
        return Response(window.envelope(items, total))

    @extend_schema(filters=False)
    def retrieve(self, request: Request, id: UUID, itemId: UUID) -> Response:
        run = find_run(id)
        ordinal = ordinal_of(itemId)
        item = find_or_404(items_of(run).filter(ordinal=ordinal), pk=itemId)
        attach_detail(item)
        return Response(self.get_serializer(item).data)


def find_run(activity_id: UUID) -> Activity:
    """Raises: NotFound, BadRequest."""
    activity = find_or_404(Activity.objects.only("target_type", "created"), pk=activity_id)
    require_run(activity)
    return activity


def items_of(run: Activity) -> QuerySet[ExecutionItem]:
    return ExecutionItem.objects.filter(month=month_of(run), activity=run.pk)


def item_count(run: Activity) -> int:
    """0 until the run was first taken."""
    return ActivityProgress.objects.filter(pk=run.pk).values_list("item_count", flat=True).first() or 0


def page_of_items(run: Activity, window: Window) -> QuerySet[ExecutionItem]:
    ordinals = (window.first, window.first + window.size - 1)
    return items_of(run).filter(ordinal__range=ordinals).order_by("ordinal").only(*SHOWN_COLUMNS)


def attach_detail(item: Any) -> None:
    """Give an item its `outcomes` and `attribute_changes`, which are empty once retention has taken its detail."""
    key = {"month": item.month, "activity": item.activity_id, "ordinal": item.ordinal}
    detail = ExecutionItemDetail.objects.filter(**key).first() or ExecutionItemDetail()
    old, new = detail.old_values or {}, detail.new_values or {}
    numbers = {int(number) for number in (*old, *new)}
    names = attributes(detail.scope or "cs", numbers) if numbers else {}
    item.outcomes = detail.outcomes or []
    item.attribute_changes = attribute_changes(old, new, names)
