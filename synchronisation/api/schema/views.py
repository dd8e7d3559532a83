"""Object types of a connected system and their attributes."""

from typing import Any

from django.db.models import Count, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jim.api.lookup import find_or_404
from jim.api.schema import Operation
from jim.api.views import ListMixin, ResourceViewSet, UpdateMixin
from synchronisation.api.scopes import WithinSystem
from synchronisation.models import Attribute, ObjectType
from synchronisation.services.object_types import bulk_update_attributes, update_attribute, update_object_type

from .serializers import (
    AttributeBulkResultSerializer,
    AttributeBulkUpdateSerializer,
    AttributeUpdateSerializer,
    ConnectedSystemAttributeSerializer,
    ObjectTypeSerializer,
    ObjectTypeUpdateSerializer,
)

TAG = "Connected System Schema"


class ObjectTypeViewSet(WithinSystem, ListMixin, UpdateMixin, ResourceViewSet):
    tag = TAG
    operations = {
        "list": Operation("listConnectedSystemObjectTypes", "List object types with attributes"),
        "update": Operation("updateConnectedSystemObjectType", "Update an object type"),
    }
    queryset = ObjectType.objects.all()
    serializer_class = ObjectTypeSerializer
    input_serializer_class = ObjectTypeUpdateSerializer
    pagination_class = None
    path_id = "objectTypeId"

    def get_queryset(self) -> QuerySet[ObjectType]:
        own = ObjectType.objects.filter(system=self.kwargs.get("connectedSystemId")).select_related("system")
        return own.annotate(attribute_count=Count("attributes")).prefetch_related("attributes")

    def perform_update(self, serializer: Any) -> ObjectType:
        return update_object_type(serializer.instance, serializer.validated_data, self.caller.initiator)


class AttributeViewSet(WithinSystem, UpdateMixin, ResourceViewSet):
    tag = TAG
    operations = {
        "update": Operation("updateConnectedSystemAttribute", "Update an attribute"),
        "bulk_update": Operation("bulkUpdateConnectedSystemAttributes", "Update many attributes"),
    }
    queryset = Attribute.objects.all()
    serializer_class = ConnectedSystemAttributeSerializer
    path_id = "attributeId"

    def get_queryset(self) -> QuerySet[Attribute]:
        own = Attribute.objects.filter(object_type__system=self.kwargs.get("connectedSystemId"))
        return own.filter(object_type=self.kwargs.get("objectTypeId")).select_related("object_type__system")

    def get_input_serializer_class(self) -> type[BaseSerializer]:
        return AttributeBulkUpdateSerializer if self.action == "bulk_update" else AttributeUpdateSerializer

    def perform_update(self, serializer: Any) -> Attribute:
        update_attribute(serializer.instance, serializer.change, self.caller.initiator)
        return serializer.instance

    @extend_schema(responses=AttributeBulkResultSerializer)
    def bulk_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        object_type = find_or_404(self.system.object_types, pk=kwargs["objectTypeId"])
        changes = self.read(request).validated_data["attributes"]
        updates, activity = bulk_update_attributes(object_type, changes, self.caller.initiator)
        errors = [
            {"attribute_id": attribute_id, "error_message": str(refusal)}
            for attribute_id, refusal in updates.refused.items()
        ]
        result = {
            "activity_id": activity.pk,
            "updated_count": len(updates.updated),
            "updated_attributes": updates.updated,
            "errors": errors or None,
        }
        return Response(AttributeBulkResultSerializer(result).data)
