"""Execution items of a run, in the order they were recorded.

Always: any page costs the same. Items carry dense ordinals from 0, so a page is a range of the primary key (month,
activity, ordinal) and the total is the run's counter; never OFFSET, never COUNT (engine.md section 2).
"""

from uuid import UUID

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from activities.api.serializers import ExecutionItemSerializer
from activities.api.views import require_run
from activities.items import month_of
from activities.models import Activity, ActivityProgress, ExecutionItem
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
    operations = {"list": Operation("listExecutionItems", "Per-object results of a run", errors=(400,))}
    queryset = ExecutionItem.objects.none()
    serializer_class = ExecutionItemSerializer
    filter_backends = ()

    def list(self, request: Request, id: UUID) -> Response:
        activity = find_or_404(Activity.objects.only("target_type", "created"), pk=id)
        require_run(activity)
        window = Pagination().window(request)
        total = item_count(activity)
        items = self.get_serializer(page_of_items(activity, window), many=True).data if window.first < total else []
        return Response(window.envelope(items, total))


def item_count(activity: Activity) -> int:
    """0 until the run was first taken."""
    return ActivityProgress.objects.filter(pk=activity.pk).values_list("item_count", flat=True).first() or 0


def page_of_items(activity: Activity, window: Window) -> QuerySet[ExecutionItem]:
    ordinals = (window.first, window.first + window.size - 1)
    items = ExecutionItem.objects.filter(month=month_of(activity), activity=activity.pk, ordinal__range=ordinals)
    return items.order_by("ordinal").only(*SHOWN_COLUMNS)
