"""Run profiles of a connected system, and their execution."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jim.api.schema import Operation
from jim.api.uniqueness import unique_violations
from jim.api.views import CreateMixin, DestroyMixin, ListMixin, ResourceViewSet, RetrieveMixin, UpdateMixin
from synchronisation.api.scopes import WithinSystem
from synchronisation.models import RunProfile
from synchronisation.services.run_profiles import create_run_profile, delete_run_profile, update_run_profile
from synchronisation.services.runs import start_run

from .serializers import (
    ExecutionOptionsSerializer,
    ExecutionResultSerializer,
    RunProfileCreateSerializer,
    RunProfileSerializer,
    RunProfileUpdateSerializer,
)

FIELD_BY_CONSTRAINT = {"run_profile_name": "name"}
INPUTS = {"create": RunProfileCreateSerializer, "execute": ExecutionOptionsSerializer}


class RunProfileViewSet(
    WithinSystem, ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, ResourceViewSet
):
    tag = "Run Profiles"
    operations = {
        "list": Operation("listRunProfiles", "List run profiles"),
        "create": Operation("createRunProfile", "Create a run profile"),
        "retrieve": Operation("retrieveRunProfile", "Retrieve a run profile"),
        "update": Operation("updateRunProfile", "Update a run profile"),
        "destroy": Operation("deleteRunProfile", "Delete a run profile"),
        "execute": Operation("executeRunProfile", "Queue a run", errors=(409, 503)),
    }
    queryset = RunProfile.objects.all()
    serializer_class = RunProfileSerializer
    pagination_class = None
    path_id = "runProfileId"

    def get_queryset(self) -> QuerySet[RunProfile]:
        own = RunProfile.objects.filter(system=self.kwargs.get("connectedSystemId"))
        return own.select_related("system__connector", "partition")

    def get_input_serializer_class(self) -> type[BaseSerializer]:
        return INPUTS.get(self.action, RunProfileUpdateSerializer)

    def perform_create(self, serializer: Any) -> RunProfile:
        with unique_violations(FIELD_BY_CONSTRAINT):
            return create_run_profile(self.system, serializer.validated_data, self.caller.initiator)

    def perform_update(self, serializer: Any) -> RunProfile:
        with unique_violations(FIELD_BY_CONSTRAINT):
            return update_run_profile(serializer.instance, serializer.validated_data, self.caller.initiator)

    def perform_destroy(self, instance: RunProfile) -> None:
        delete_run_profile(instance, self.caller.initiator)

    @extend_schema(
        responses={202: ExecutionResultSerializer},
        description="Queues the run and answers at once. Poll the activity until its status leaves InProgress.",
    )
    def execute(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        profile = self.get_object()
        options = self.read(request).validated_data
        started = start_run(profile, initiator=self.caller.initiator, **options)
        return Response(ExecutionResultSerializer(started).data, status.HTTP_202_ACCEPTED)
