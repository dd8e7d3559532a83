"""Metaverse objects: list, one, count."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jim.api.schema import Operation
from jim.api.views import ListMixin, ResourceViewSet, RetrieveMixin
from synchronisation.api.count_view import CountViewSet
from synchronisation.api.parameters import text_parameter
from synchronisation.models import NAME_KEY, MetaverseObject

from .filtersets import MetaverseObjectFilter
from .object_serializers import MetaverseObjectHeaderSerializer, MetaverseObjectSerializer
from .scan_limit import limited_scan
from .values import attach_details, attach_selected, selected_attributes

TAG = "Metaverse Objects"
SCANNING = ("search", "filterAttributeName")
"""Parameters that no index serves."""


@contextmanager
def limited_if_scanning(request: Request) -> Iterator[None]:
    parameter = next((name for name in SCANNING if request.query_params.get(name)), None)
    with limited_scan(parameter) if parameter else nullcontext():
        yield


class MetaverseObjectViewSet(ListMixin, RetrieveMixin, ResourceViewSet):
    tag = TAG
    operations = {
        "list": Operation("listMetaverseObjects", "List objects"),
        "retrieve": Operation("retrieveMetaverseObject", "Retrieve an object"),
    }
    queryset = MetaverseObject.objects.select_related("type").annotate(name_key=NAME_KEY)
    filterset_class = MetaverseObjectFilter
    default_order = ("name_key", "pk")

    def get_serializer_class(self) -> type[BaseSerializer]:
        return MetaverseObjectHeaderSerializer if self.action == "list" else MetaverseObjectSerializer

    def paginate_queryset(self, queryset: Any) -> Any:
        attributes = selected_attributes(text_parameter(self.request, "attributes"))
        with limited_if_scanning(self.request):
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
    queryset = MetaverseObject.objects.annotate(name_key=NAME_KEY)
    filterset_class = MetaverseObjectFilter

    def number_of(self, queryset: QuerySet) -> int:
        with limited_if_scanning(self.request):
            return super().number_of(queryset)
