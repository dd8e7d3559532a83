"""Schedules and their executions."""

from typing import Any

from django.db.models import QuerySet
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jim.api.filters import EnumFilter, FilterSet, SearchFilter, UUIDFilter
from jim.api.pagination import PaginationOf20
from jim.api.schema import Operation
from jim.api.sorting import DescendingSortBackend, SortBackend
from jim.api.views import CreateMixin, DestroyMixin, ListMixin, ResourceViewSet, RetrieveMixin, UpdateMixin
from synchronisation.api.counts import count_by
from synchronisation.models import ACTIVE, ExecutionStatus, Schedule, ScheduleExecution, ScheduleStep
from synchronisation.services.schedule_executions import cancel_execution, start_execution, steps_of
from synchronisation.services.schedules import create_schedule, delete_schedule, switch_schedule, update_schedule

from .serializers import (
    ScheduleCreateSerializer,
    ScheduleExecutionDetailSerializer,
    ScheduleExecutionSerializer,
    ScheduleRunResultSerializer,
    ScheduleSerializer,
    ScheduleSummarySerializer,
    ScheduleUpdateSerializer,
)

STARTED = "Schedule execution queued successfully."
BACKENDS = (DjangoFilterBackend, DescendingSortBackend)


class ScheduleFilter(FilterSet):
    search = SearchFilter("name", "description")


class ScheduleViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, ResourceViewSet):
    tag = "Schedules"
    operations = {
        "list": Operation("listSchedules", "List schedules"),
        "create": Operation("createSchedule", "Create a schedule"),
        "retrieve": Operation("retrieveSchedule", "Retrieve a schedule"),
        "update": Operation("updateSchedule", "Update a schedule"),
        "destroy": Operation("deleteSchedule", "Delete a schedule"),
        "enable": Operation("enableSchedule", "Enable"),
        "disable": Operation("disableSchedule", "Disable"),
        "run": Operation("runSchedule", "Run now", errors=(409,)),
    }
    queryset = Schedule.objects.annotate(step_count=count_by(ScheduleStep.objects.all(), "schedule"))
    filterset_class = ScheduleFilter
    filter_backends = BACKENDS
    pagination_class = PaginationOf20
    sort_fields = {"name": "name", "created": "created", "nextRunTime": "next_run_time"}
    default_sort = "pk"
    sorts_descending = False

    def get_queryset(self) -> QuerySet[Schedule]:
        schedules = super().get_queryset()
        return schedules if self.action == "list" else schedules.prefetch_related("steps")

    def get_serializer_class(self) -> type[BaseSerializer]:
        return ScheduleSummarySerializer if self.action == "list" else ScheduleSerializer

    def get_input_serializer_class(self) -> type[BaseSerializer]:
        return ScheduleCreateSerializer if self.action == "create" else ScheduleUpdateSerializer

    def perform_create(self, serializer: Any) -> Schedule:
        values = dict(serializer.validated_data)
        return create_schedule(values, values.pop("steps", ()), self.caller.initiator)

    def perform_update(self, serializer: Any) -> Schedule:
        values = dict(serializer.validated_data)
        steps = values.pop("steps", None)
        return update_schedule(serializer.instance, values, steps, self.caller.initiator)

    def perform_destroy(self, instance: Schedule) -> None:
        delete_schedule(instance, self.caller.initiator)

    @extend_schema(request=None, responses=ScheduleSerializer)
    def enable(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(switch_schedule(self.get_object(), is_enabled=True, initiator=self.caller.initiator))

    @extend_schema(request=None, responses=ScheduleSerializer)
    def disable(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(switch_schedule(self.get_object(), is_enabled=False, initiator=self.caller.initiator))

    @extend_schema(request=None, responses={202: ScheduleRunResultSerializer})
    def run(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        execution = start_execution(self.get_object(), self.caller.initiator)
        result = {"execution_id": execution.pk, "message": STARTED}
        return Response(ScheduleRunResultSerializer(result).data, status.HTTP_202_ACCEPTED)


class ScheduleExecutionFilter(FilterSet):
    schedule_id = UUIDFilter()
    status = EnumFilter(choices=ExecutionStatus)


class ScheduleExecutionViewSet(ListMixin, ResourceViewSet):
    tag = "Schedule Executions"
    operations = {
        "list": Operation("listScheduleExecutions", "List executions"),
        "retrieve": Operation("retrieveScheduleExecution", "Retrieve an execution"),
        "cancel": Operation("cancelScheduleExecution", "Cancel an execution", errors=(409,)),
    }
    queryset = ScheduleExecution.objects.all()
    filterset_class = ScheduleExecutionFilter
    filter_backends = BACKENDS
    pagination_class = PaginationOf20
    sort_fields = {
        "queuedAt": "queued_at",
        "startedAt": "started_at",
        "completedAt": "completed_at",
        "status": "status",
    }
    default_sort = "queued_at"
    sorts_descending = True

    def get_serializer_class(self) -> type[BaseSerializer]:
        return ScheduleExecutionDetailSerializer if self.action == "retrieve" else ScheduleExecutionSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        execution: Any = self.get_object()
        execution.progress = steps_of(execution)
        return Response(self.get_serializer(execution).data)

    @extend_schema(request=None, responses=ScheduleExecutionSerializer)
    def cancel(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        execution = self.get_object()
        cancel_execution(execution, self.caller.initiator)
        return self.answer(execution)


class ActiveScheduleExecutionViewSet(ListMixin, ResourceViewSet):
    """Newest first."""

    tag = "Schedule Executions"
    operations = {"list": Operation("listActiveScheduleExecutions", "Queued and running executions")}
    queryset = ScheduleExecution.objects.filter(status__in=ACTIVE)
    serializer_class = ScheduleExecutionSerializer
    filter_backends = (SortBackend,)
    default_order = ("-queued_at", "-pk")
    pagination_class = None
