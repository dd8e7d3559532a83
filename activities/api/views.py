"""Activities: what was done, how far it is, and the statistics of runs."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from activities.api.filtersets import ActivityFilter
from activities.api.querysets import activities_with_progress
from activities.api.serializers import (
    ActivityProgressSerializer,
    ActivitySerializer,
    ActivityStatsSerializer,
    ActivitySummarySerializer,
)
from activities.models import Activity, ActivityStatus, TargetType
from activities.progress import read_progress
from activities.statistics import statistics
from jim.api.errors import BadRequest, Conflict
from jim.api.lookup import find_or_404
from jim.api.schema import Operation
from jim.api.sorting import SortBackend
from jim.api.views import ListMixin, ResourceViewSet, RetrieveMixin


class ActivityViewSet(ListMixin, RetrieveMixin, ResourceViewSet):
    tag = "Activities"
    operations = {
        "list": Operation("listActivities", "List activities"),
        "retrieve": Operation("retrieveActivity", "Retrieve an activity"),
        "stats": Operation("retrieveActivityStats", "Run profile execution statistics", errors=(400,)),
        "progress": Operation("retrieveActivityProgress", "How far an activity is"),
        "cancel": Operation("cancelActivity", "Ask a running activity to stop", errors=(409,)),
    }
    filterset_class = ActivityFilter
    sort_fields = {
        "created": "created",
        "executed": "executed",
        "status": "status",
        "type": "target_type",
        "target": "target_name",
    }
    default_order = ("-created", "-pk")

    def get_queryset(self) -> Any:
        return activities_with_progress()

    def get_serializer_class(self) -> type[BaseSerializer]:
        return ActivitySummarySerializer if self.action == "list" else ActivitySerializer

    @extend_schema(responses=ActivityStatsSerializer)
    def stats(self, request: Request, id: UUID) -> Response:
        activity = self.get_object()
        require_run(activity)
        return Response(ActivityStatsSerializer(statistics(activity.counters or {}, activity.run_type)).data)

    @extend_schema(responses=ActivityProgressSerializer)
    def progress(self, request: Request, id: UUID) -> Response:
        progress = read_progress(id, timezone.now())
        if progress is None:
            raise NotFound(f"There is no activity {id}.")
        return Response(ActivityProgressSerializer(progress).data)

    @extend_schema(request=None, responses={202: ActivitySerializer})
    def cancel(self, request: Request, id: UUID) -> Response:
        """Takes effect at the run's next page boundary; what was committed stays."""
        activity = self.get_object()
        running = Activity.objects.filter(pk=id, status=ActivityStatus.IN_PROGRESS)
        if not running.update(cancel_requested=True):
            raise Conflict("The activity has already ended.")
        return self.answer(activity, status.HTTP_202_ACCEPTED)


class ChildActivityViewSet(ListMixin, ResourceViewSet):
    """In the order they were created, which is that of their ids."""

    tag = "Activities"
    operations = {"list": Operation("listChildActivities", "Child activities")}
    queryset = Activity.objects.none()
    serializer_class = ActivitySummarySerializer
    filter_backends = (SortBackend,)
    pagination_class = None

    def get_queryset(self) -> Any:
        parent = find_or_404(Activity.objects.only("pk"), pk=self.kwargs["id"])
        return activities_with_progress().filter(parent=parent)


def require_run(activity: Activity) -> None:
    """Raises: BadRequest for an activity that ran no run profile."""
    if activity.target_type != TargetType.RUN_PROFILE:
        raise BadRequest("The activity is not a run: only run profile activities have statistics and execution items.")
