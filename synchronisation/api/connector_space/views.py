"""The connector space of a connected system: its objects, their values, and counts."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jim.api.lookup import find_or_404
from jim.api.pagination import PaginationOf50
from jim.api.schema import Operation
from jim.api.views import ListMixin, ResourceViewSet
from synchronisation.api.count_view import CountViewSet
from synchronisation.api.parameters import text_parameter
from synchronisation.api.scopes import WithinSystem
from synchronisation.api.values import page_of, row_shows
from synchronisation.models import Attribute, AttributeType, ConnectorSpaceObject, CsoReference

from .filtersets import ConnectorSpaceCountFilter, ConnectorSpaceFilter, ReferenceFilter
from .serializers import (
    ConnectorSpaceObjectHeaderSerializer,
    ConnectorSpaceObjectSerializer,
    ConnectorSpaceValueSerializer,
)
from .values import document_rows, reference_row, references, shown_values

TAG = "Connector Space"


class ConnectorSpaceViewSet(WithinSystem, ListMixin, ResourceViewSet):
    tag = TAG
    operations = {
        "list": Operation("listConnectorSpaceObjects", "List objects"),
        "retrieve": Operation("retrieveConnectorSpaceObject", "Retrieve an object"),
    }
    queryset = ConnectorSpaceObject.objects.all()
    filterset_class = ConnectorSpaceFilter

    def get_queryset(self) -> QuerySet[ConnectorSpaceObject]:
        own = ConnectorSpaceObject.objects.filter(system=self.kwargs.get("connectedSystemId"))
        if self.action == "list":
            return own.select_related("object_type", "join").defer("document")
        return own.select_related("object_type", "system", "join__mvo").defer("join__mvo__document")

    def get_serializer_class(self) -> type[BaseSerializer]:
        return ConnectorSpaceObjectHeaderSerializer if self.action == "list" else ConnectorSpaceObjectSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        cso: Any = self.get_object()
        cso.attribute_values, summaries = shown_values(cso)
        cso.attribute_value_summaries = summaries or None
        return Response(self.get_serializer(cso).data)


class ConnectorSpaceValueViewSet(WithinSystem, ResourceViewSet):
    tag = TAG
    operations = {
        "list": Operation("listConnectorSpaceObjectAttributeValues", "Page through attribute values"),
    }
    queryset = CsoReference.objects.all()
    serializer_class = ConnectorSpaceValueSerializer
    filterset_class = ReferenceFilter
    pagination_class = PaginationOf50
    default_order = ("text_hash",)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        objects = ConnectorSpaceObject.objects.filter(system=self.system)
        cso = find_or_404(objects, pk=kwargs["csoId"])
        attributes = Attribute.objects.filter(object_type=cso.object_type_id)
        attribute = find_or_404(attributes, name__iexact=kwargs["attributeName"])
        if attribute.type == AttributeType.REFERENCE:
            page: Any = self.paginate_queryset(self.filter_queryset(references(cso.pk, attribute)))
            rows = [reference_row(attribute, reference) for reference in page]
        else:
            search = text_parameter(request, "search")
            kept = [row for row in document_rows(cso, attribute) if row_shows(row, search)]
            rows = page_of(kept, request, self.paginator)
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)


class ConnectorSpaceCountViewSet(WithinSystem, CountViewSet):
    tag = TAG
    operations = {"count": Operation("countConnectorSpaceObjects", "Count objects")}
    queryset = ConnectorSpaceObject.objects.all()
    filterset_class = ConnectorSpaceCountFilter

    def get_queryset(self) -> QuerySet[ConnectorSpaceObject]:
        return ConnectorSpaceObject.objects.filter(system=self.kwargs.get("connectedSystemId"))


class UnresolvedReferenceCountViewSet(WithinSystem, CountViewSet):
    tag = TAG
    operations = {"count": Operation("countUnresolvedReferences", "Count unresolved references")}
    queryset = CsoReference.objects.all()

    def get_queryset(self) -> QuerySet[CsoReference]:
        unresolved = CsoReference.objects.filter(target_id__isnull=True)
        return unresolved.filter(system_id=self.kwargs.get("connectedSystemId", 0))
