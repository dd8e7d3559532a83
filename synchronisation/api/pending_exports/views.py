"""Pending exports: what is queued for a connected system, and what each would change."""

from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jim.api.lookup import find_or_404
from jim.api.pagination import PaginationOf50
from jim.api.schema import Operation
from jim.api.views import DestroyMixin, ListMixin, ResourceViewSet, RetrieveMixin
from synchronisation.api.count_view import CountViewSet
from synchronisation.api.parameters import text_parameter
from synchronisation.api.scopes import WithinSystem
from synchronisation.api.values import page_of, row_shows
from synchronisation.models import Attribute, AttributeType, ConnectorSpaceObject, MetaverseObject, PendingExport
from synchronisation.services.pending_exports import discard_export, retry_export

from .changes import change_rows, count_changes, shown_changes
from .filtersets import PendingExportCountFilter, PendingExportFilter
from .references import reference_change_row, reference_changes, reference_counts, shown_reference_changes
from .serializers import (
    PendingExportAttributeChangeSerializer,
    PendingExportSerializer,
    PendingExportSummarySerializer,
)

TAG = "Pending Exports"
CSO = ConnectorSpaceObject.objects.filter(pk=OuterRef("cso_id"))
MVO = MetaverseObject.objects.filter(pk=OuterRef("mvo_id"))


def with_objects(exports: QuerySet[PendingExport]) -> QuerySet[PendingExport]:
    """Pending exports with the names of the objects they are about, in one query."""
    return exports.select_related("system").annotate(
        cso_external_id=Subquery(CSO.values("external_id")),
        cso_display_name=Subquery(CSO.values("display_name")),
        cso_type_name=Subquery(CSO.values("object_type__name")),
        cso_type_id=Subquery(CSO.values("object_type_id")),
        mvo_display_name=Subquery(MVO.values("display_name")),
        mvo_type_name=Subquery(MVO.values("type__name")),
    )


class SystemPendingExportViewSet(WithinSystem, ListMixin, ResourceViewSet):
    tag = TAG
    operations = {"list": Operation("listPendingExports", "List pending exports")}
    queryset = PendingExport.objects.all()
    serializer_class = PendingExportSummarySerializer
    filterset_class = PendingExportFilter
    pagination_class = PaginationOf50

    def get_queryset(self) -> QuerySet[PendingExport]:
        return with_objects(PendingExport.objects.filter(system=self.kwargs.get("connectedSystemId")))

    def paginate_queryset(self, queryset: Any) -> Any:
        page: Any = super().paginate_queryset(queryset)
        references = reference_counts(page)
        for export in page:
            export.attribute_change_count = count_changes(export) + references.get(export.cso_id, 0)
        return page


class PendingExportCountViewSet(WithinSystem, CountViewSet):
    tag = TAG
    operations = {"count": Operation("countPendingExports", "Count pending exports")}
    queryset = PendingExport.objects.all()
    filterset_class = PendingExportCountFilter

    def get_queryset(self) -> QuerySet[PendingExport]:
        return PendingExport.objects.filter(system=self.kwargs.get("connectedSystemId"))


class PendingExportViewSet(RetrieveMixin, DestroyMixin, ResourceViewSet):
    tag = TAG
    operations = {
        "retrieve": Operation("retrievePendingExport", "Retrieve a pending export"),
        "retry": Operation("retryPendingExport", "Send a failed pending export again"),
        "destroy": Operation("discardPendingExport", "Discard what was not sent", errors=(400,)),
    }
    queryset = with_objects(PendingExport.objects.all())
    serializer_class = PendingExportSerializer
    path_id = "pendingExportId"

    def get_object(self) -> Any:
        export: Any = super().get_object()
        changes, summaries = shown_changes(export)
        references, more = shown_reference_changes(export)
        export.attribute_changes = sorted([*changes, *references], key=lambda row: row["attribute_id"])
        export.attribute_change_summaries = [*summaries, *more] or None
        return export

    @extend_schema(request=None, responses=PendingExportSerializer)
    def retry(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        retry_export(self.get_object(), self.caller.initiator)
        return super().retrieve(request)

    def perform_destroy(self, instance: PendingExport) -> None:
        discard_export(instance, self.caller.initiator)


class PendingExportChangeViewSet(ResourceViewSet):
    tag = TAG
    operations = {"list": Operation("listPendingExportAttributeChanges", "Page through one attribute's changes")}
    queryset = with_objects(PendingExport.objects.all())
    serializer_class = PendingExportAttributeChangeSerializer
    pagination_class = PaginationOf50

    @extend_schema(parameters=[OpenApiParameter("search", OpenApiTypes.STR, description="Part of a value, any case")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        export: Any = find_or_404(self.get_queryset(), pk=kwargs["pendingExportId"])
        attributes = Attribute.objects.filter(object_type=export.cso_type_id)
        attribute = find_or_404(attributes, name__iexact=kwargs["attributeName"])
        search = text_parameter(request, "search")
        if attribute.type == AttributeType.REFERENCE:
            page: Any = self.paginate_queryset(reference_changes(export, attribute, search))
            rows = [reference_change_row(export, attribute, change) for change in page]
        else:
            kept = [row for row in change_rows(export, attribute) if row_shows(row, search)]
            rows = page_of(kept, request, self.paginator)
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)
