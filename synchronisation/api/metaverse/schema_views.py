"""Object types and attributes of the metaverse, and which mapping contributes an attribute first."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jim.api.lookup import find_or_404
from jim.api.schema import Operation
from jim.api.uniqueness import unique_violations
from jim.api.views import CreateMixin, DestroyMixin, ListMixin, ResourceViewSet, RetrieveMixin, UpdateMixin
from synchronisation.api.counts import count_by
from synchronisation.api.parameters import boolean_parameter
from synchronisation.models import MetaverseAttribute, MetaverseObject, MetaverseObjectType, SyncRuleMapping
from synchronisation.services.metaverse_attributes import create_attribute, delete_attribute, update_attribute
from synchronisation.services.metaverse_schema import (
    create_object_type,
    reorder_contributors,
    update_deletion_rule,
)
from synchronisation.services.priorities import contributors
from synchronisation.services.search_indexes import switch_search_index

from .serializers import (
    ContributorSerializer,
    MetaverseAttributeCreateSerializer,
    MetaverseAttributeSerializer,
    MetaverseAttributeUpdateSerializer,
    MetaverseObjectTypeCreateSerializer,
    MetaverseObjectTypeHeaderSerializer,
    MetaverseObjectTypeSerializer,
    MetaverseObjectTypeUpdateSerializer,
    SearchableSerializer,
)

WITH_COUNT = [OpenApiParameter("includeChildObjects", OpenApiTypes.BOOL, default=False, description="Adds objectCount")]


class MetaverseObjectTypeViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, ResourceViewSet):
    tag = "Metaverse Object Types"
    operations = {
        "list": Operation("listMetaverseObjectTypes", "List object types"),
        "create": Operation("createMetaverseObjectType", "Create an object type"),
        "retrieve": Operation("retrieveMetaverseObjectType", "Retrieve an object type", errors=(400,)),
        "update": Operation("updateMetaverseObjectType", "Update deletion rules"),
    }
    queryset = MetaverseObjectType.objects.prefetch_related("deletion_trigger_systems")

    def get_queryset(self) -> QuerySet[MetaverseObjectType]:
        types = super().get_queryset()
        return types if self.action == "list" else types.prefetch_related("attributes")

    def get_serializer_class(self) -> type[BaseSerializer]:
        return MetaverseObjectTypeHeaderSerializer if self.action == "list" else MetaverseObjectTypeSerializer

    def get_input_serializer_class(self) -> type[BaseSerializer]:
        create = self.action == "create"
        return MetaverseObjectTypeCreateSerializer if create else MetaverseObjectTypeUpdateSerializer

    def with_count(self, queryset: QuerySet[MetaverseObjectType]) -> QuerySet[MetaverseObjectType]:
        """Counting half a million objects takes its time, so only who asks for it waits."""
        if not boolean_parameter(self.request, "includeChildObjects", default=False):
            return queryset
        return queryset.annotate(object_count=count_by(MetaverseObject.objects.all(), "type"))

    @extend_schema(parameters=WITH_COUNT)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        page = self.paginate_queryset(self.filter_queryset(self.with_count(self.get_queryset())))
        return self.get_paginated_response(self.get_serializer(page, many=True).data)

    @extend_schema(parameters=WITH_COUNT)
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        found = self.get_object()
        return Response(self.get_serializer(self.with_count(self.get_queryset()).get(pk=found.pk)).data)

    def perform_create(self, serializer: Any) -> MetaverseObjectType:
        with unique_violations({"metaverse_object_type_name": "name"}):
            return create_object_type(serializer.validated_data, self.caller.initiator)

    def perform_update(self, serializer: Any) -> MetaverseObjectType:
        values = dict(serializer.validated_data)
        triggers = values.pop("deletion_trigger_connected_system_ids", None)
        return update_deletion_rule(serializer.instance, values, triggers, self.caller.initiator)


class MetaverseAttributeViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, ResourceViewSet):
    tag = "Metaverse Attributes"
    operations = {
        "list": Operation("listMetaverseAttributes", "List attributes"),
        "create": Operation("createMetaverseAttribute", "Create an attribute"),
        "retrieve": Operation("retrieveMetaverseAttribute", "Retrieve an attribute"),
        "update": Operation("updateMetaverseAttribute", "Update an attribute"),
        "destroy": Operation("deleteMetaverseAttribute", "Delete an attribute", errors=(400,)),
        "switch_search_index": Operation(
            "switchMetaverseAttributeSearch", "Make an attribute searchable, or no longer"
        ),
    }
    queryset = MetaverseAttribute.objects.prefetch_related("object_types")
    serializer_class = MetaverseAttributeSerializer

    def get_input_serializer_class(self) -> type[BaseSerializer]:
        create = self.action == "create"
        return MetaverseAttributeCreateSerializer if create else MetaverseAttributeUpdateSerializer

    def perform_create(self, serializer: Any) -> MetaverseAttribute:
        values = dict(serializer.validated_data)
        object_type_ids = values.pop("object_type_ids")
        with unique_violations({"metaverse_attribute_name": "name"}):
            return create_attribute(values, object_type_ids, self.caller.initiator)

    def perform_update(self, serializer: Any) -> MetaverseAttribute:
        values = dict(serializer.validated_data)
        object_type_ids = values.pop("object_type_ids", None)
        with unique_violations({"metaverse_attribute_name": "name"}):
            return update_attribute(serializer.instance, values, object_type_ids, self.caller.initiator)

    def perform_destroy(self, instance: MetaverseAttribute) -> None:
        delete_attribute(instance, self.caller.initiator)

    @extend_schema(request=SearchableSerializer, responses=MetaverseAttributeSerializer)
    def switch_search_index(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        attribute = self.get_object()
        wanted = SearchableSerializer(data=request.data)
        wanted.is_valid(raise_exception=True)
        switch_search_index(attribute, **wanted.validated_data, initiator=self.caller.initiator)
        return self.answer(attribute)


class ContributorViewSet(ResourceViewSet):
    """Plain arrays both ways; what is sent back only needs `mappingId`."""

    tag = "Metaverse Attributes"
    operations = {
        "list": Operation("listContributors", "List the mappings that write an attribute, best first"),
        "update": Operation("replaceContributorOrder", "Replace the order of the contributors"),
    }
    queryset = SyncRuleMapping.objects.all()
    serializer_class = ContributorSerializer
    pagination_class = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.object_type = find_or_404(MetaverseObjectType.objects.all(), pk=kwargs["id"])
        self.attribute = find_or_404(self.object_type.attributes, pk=kwargs["attributeId"])

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        mappings = contributors(self.object_type.pk, self.attribute.pk).select_related("rule__system")
        return Response(self.get_serializer(mappings, many=True).data)

    @extend_schema(request=ContributorSerializer(many=True), responses=ContributorSerializer(many=True))
    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        wanted = self.get_serializer(data=request.data, many=True)
        wanted.is_valid(raise_exception=True)
        mapping_ids = [contributor["pk"] for contributor in wanted.validated_data]
        reorder_contributors(self.object_type, self.attribute, mapping_ids, self.caller.initiator)
        return self.list(request, *args, **kwargs)
