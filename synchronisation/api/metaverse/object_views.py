"""Metaverse objects: list, one, count."""

from typing import Any

from django.db.models.functions import Substr
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jim.api.schema import Operation
from jim.api.views import ListMixin, ResourceViewSet, RetrieveMixin
from synchronisation.api.count_view import CountViewSet
from synchronisation.api.parameters import text_parameter
from synchronisation.models import MetaverseObject

from .filtersets import MetaverseObjectFilter
from .object_serializers import MetaverseObjectHeaderSerializer, MetaverseObjectSerializer
from .values import attach_details, attach_selected, selected_attributes

TAG = "Metaverse Objects"
NAMES_INDEXED = 200
"""Characters of a display name that the index mvo_by_display_name orders by."""


class MetaverseObjectViewSet(ListMixin, RetrieveMixin, ResourceViewSet):
    tag = TAG
    operations = {
        "list": Operation("listMetaverseObjects", "List objects"),
        "retrieve": Operation("retrieveMetaverseObject", "Retrieve an object"),
    }
    queryset = MetaverseObject.objects.select_related("type")
    filterset_class = MetaverseObjectFilter
    default_order = (Substr("display_name", 1, NAMES_INDEXED), "pk")

    def get_serializer_class(self) -> type[BaseSerializer]:
        return MetaverseObjectHeaderSerializer if self.action == "list" else MetaverseObjectSerializer

    def paginate_queryset(self, queryset: Any) -> Any:
        attributes = selected_attributes(text_parameter(self.request, "attributes"))
        page: Any = super().paginate_queryset(queryset.defer("holders"))
        attach_selected(page, attributes)
        return page

    def get_object(self) -> Any:
        mvo: Any = super().get_object()
        attach_details(mvo)
        return mvo

    @extend_schema(
        parameters=[OpenApiParameter("attributes", OpenApiTypes.STR, description="Comma-separated names, or *")]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)


class MetaverseObjectCountViewSet(CountViewSet):
    tag = TAG
    operations = {"count": Operation("countMetaverseObjects", "Count objects")}
    queryset = MetaverseObject.objects.all()
    filterset_class = MetaverseObjectFilter
