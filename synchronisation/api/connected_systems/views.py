"""Connector definitions and connected systems."""

from typing import Any

from django.db.models import Count, Prefetch
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jim.api.schema import Operation
from jim.api.uniqueness import unique_violations
from jim.api.views import CreateMixin, ListMixin, ResourceViewSet, RetrieveMixin, UpdateMixin
from synchronisation.api.counts import count_by
from synchronisation.api.hierarchy.serializers import HierarchyImportResultSerializer
from synchronisation.api.parameters import boolean_parameter
from synchronisation.models import (
    ConnectedSystem,
    ConnectorDefinition,
    ConnectorSpaceObject,
    ObjectType,
    PendingExport,
)
from synchronisation.services.connected_systems import create_system, save_system, validate_system
from synchronisation.services.deletion_preview import preview_deletion
from synchronisation.services.hierarchy import import_hierarchy
from synchronisation.services.removals import clear_system, delete_system
from synchronisation.services.schema import import_schema

from .filtersets import ConnectedSystemFilter
from .serializers import (
    ConnectedSystemCreateSerializer,
    ConnectedSystemDeletionPreviewSerializer,
    ConnectedSystemDeletionResultSerializer,
    ConnectedSystemHeaderSerializer,
    ConnectedSystemSerializer,
    ConnectedSystemUpdateSerializer,
    ConnectorDefinitionSerializer,
)

FIELD_BY_CONSTRAINT = {"connected_system_name": "name"}
COUNTS = {
    "object_count": count_by(ConnectorSpaceObject.objects.all(), "system"),
    "pending_export_count": count_by(PendingExport.objects.all(), "system"),
}
HEADERS = ConnectedSystem.objects.select_related("connector").annotate(
    **COUNTS, connectors_count=count_by(ObjectType.objects.filter(selected=True), "system")
)
SYSTEMS = (
    ConnectedSystem.objects.select_related("connector")
    .prefetch_related(
        "setting_values",
        "connector__settings",
        Prefetch("object_types", ObjectType.objects.annotate(attribute_count=Count("attributes"))),
    )
    .annotate(**COUNTS)
)


class ConnectorDefinitionViewSet(ListMixin, RetrieveMixin, ResourceViewSet):
    tag = "Connector Definitions"
    operations = {
        "list": Operation("listConnectorDefinitions", "List connector definitions"),
        "retrieve": Operation("retrieveConnectorDefinition", "Retrieve a connector definition"),
    }
    queryset = ConnectorDefinition.objects.prefetch_related("settings")
    serializer_class = ConnectorDefinitionSerializer
    pagination_class = None
    path_id = "connectorDefinitionId"


class ConnectedSystemViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, ResourceViewSet):
    tag = "Connected Systems"
    operations = {
        "list": Operation("listConnectedSystems", "List connected systems"),
        "create": Operation("createConnectedSystem", "Create a connected system", errors=(404,)),
        "retrieve": Operation("retrieveConnectedSystem", "Retrieve a connected system"),
        "update": Operation("updateConnectedSystem", "Update a connected system"),
        "destroy": Operation("deleteConnectedSystem", "Delete a connected system"),
        "import_schema": Operation("importSchema", "Discover the schema", errors=(500,)),
        "import_hierarchy": Operation("importHierarchy", "Discover partitions and containers", errors=(500,)),
        "preview_deletion": Operation("previewConnectedSystemDeletion", "Impact of deletion"),
        "clear": Operation("clearConnectorSpace", "Remove all connector space objects"),
    }
    queryset = SYSTEMS
    serializer_class = ConnectedSystemSerializer
    filterset_class = ConnectedSystemFilter
    sort_fields = {
        "name": "name",
        "created": "created",
        "objectCount": "object_count",
        "connectorName": "connector__name",
    }
    path_id = "connectedSystemId"

    def get_queryset(self) -> Any:
        return HEADERS.all() if self.action == "list" else SYSTEMS.all()

    def get_serializer_class(self) -> type[BaseSerializer]:
        return ConnectedSystemHeaderSerializer if self.action == "list" else ConnectedSystemSerializer

    def get_input_serializer_class(self) -> type[BaseSerializer]:
        return ConnectedSystemCreateSerializer if self.action == "create" else ConnectedSystemUpdateSerializer

    def perform_create(self, serializer: Any) -> ConnectedSystem:
        with unique_violations(FIELD_BY_CONSTRAINT):
            return create_system(serializer.validated_data, self.caller.initiator)

    def perform_update(self, serializer: Any) -> ConnectedSystem:
        values = dict(serializer.validated_data)
        setting_values = values.pop("setting_values", {})
        with unique_violations(FIELD_BY_CONSTRAINT):
            message = save_system(serializer.instance, values, setting_values)
        validate_system(serializer.instance, message, self.caller.initiator)
        return serializer.instance

    @extend_schema(
        parameters=[OpenApiParameter("deleteChangeHistory", OpenApiTypes.BOOL, default=False)],
        responses={200: ConnectedSystemDeletionResultSerializer, 202: ConnectedSystemDeletionResultSerializer},
    )
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Deletion that cannot be done is no error of the request: the contract answers 200 with `Failed`."""
        system = self.get_object()
        with_history = boolean_parameter(request, "deleteChangeHistory", default=False)
        deletion = delete_system(system, self.caller.initiator, with_change_history=with_history)
        code = status.HTTP_202_ACCEPTED if deletion.is_queued else status.HTTP_200_OK
        return Response(ConnectedSystemDeletionResultSerializer(deletion).data, code)

    @extend_schema(responses=ConnectedSystemDeletionPreviewSerializer)
    def preview_deletion(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(ConnectedSystemDeletionPreviewSerializer(preview_deletion(self.get_object())).data)

    @extend_schema(
        request=None,
        parameters=[OpenApiParameter("deleteChangeHistory", OpenApiTypes.BOOL, default=True)],
        responses={200: OpenApiResponse(description="Cleared, no body")},
    )
    def clear(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        system = self.get_object()
        with_history = boolean_parameter(request, "deleteChangeHistory", default=True)
        clear_system(system, self.caller.initiator, with_change_history=with_history)
        return Response()

    @extend_schema(request=None, responses=HierarchyImportResultSerializer)
    def import_hierarchy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        changes = import_hierarchy(self.get_object(), self.caller.initiator)
        return Response(HierarchyImportResultSerializer(changes).data)

    @extend_schema(request=None, responses=ConnectedSystemSerializer)
    def import_schema(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        system = self.get_object()
        import_schema(system, self.caller.initiator)
        return self.answer(system)
