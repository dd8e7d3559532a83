"""History: deleted objects, how much is kept of a system, and removing what is too old."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from jim.api.pagination import Pagination
from jim.api.schema import Operation
from jim.api.views import ApiView, ListMixin, ResourceViewSet
from synchronisation.models import DeletedCso, DeletedMvo
from synchronisation.services.history import clean_up, count_change_records

from .filtersets import DeletedCsoFilter, DeletedMvoFilter
from .serializers import (
    ChangeRecordCountSerializer,
    DeletedConnectedSystemObjectSerializer,
    DeletedMetaverseObjectSerializer,
    HistoryCleanupResultSerializer,
)

TAG = "History"


class PaginationOfHistory(Pagination):
    page_size = 50
    max_page_size = 1_000


class DeletedCsoViewSet(ListMixin, ResourceViewSet):
    tag = TAG
    operations = {"list": Operation("listDeletedConnectedSystemObjects", "Deleted connector space objects")}
    queryset = DeletedCso.objects.all()
    serializer_class = DeletedConnectedSystemObjectSerializer
    filterset_class = DeletedCsoFilter
    pagination_class = PaginationOfHistory
    default_order = ("-deleted", "-pk")


class DeletedMvoViewSet(ListMixin, ResourceViewSet):
    tag = TAG
    operations = {"list": Operation("listDeletedMetaverseObjects", "Deleted metaverse objects")}
    queryset = DeletedMvo.objects.filter(deleted__isnull=False)
    serializer_class = DeletedMetaverseObjectSerializer
    filterset_class = DeletedMvoFilter
    pagination_class = PaginationOfHistory
    default_order = ("-deleted", "-pk")

    def get_queryset(self) -> QuerySet[DeletedMvo]:
        """Those that only wait for their accounts to go are not deleted yet."""
        return DeletedMvo.objects.filter(deleted__isnull=False)


class ChangeRecordCountView(ApiView):
    tag = TAG
    operations = {"get": Operation("countConnectedSystemChangeRecords", "Count change records")}

    @extend_schema(responses=ChangeRecordCountSerializer)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Also of a system that is gone, as long as anything is kept of it."""
        system_id = kwargs["connectedSystemId"]
        counted = count_change_records(system_id)
        if counted is None:
            raise NotFound(f"There is no connected system {system_id}, and no history of one.")
        return Response(ChangeRecordCountSerializer(counted).data)


class HistoryCleanupView(ApiView):
    tag = TAG
    operations = {"post": Operation("cleanUpHistory", "Delete one batch of expired history")}

    @extend_schema(request=None, responses=HistoryCleanupResultSerializer)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(HistoryCleanupResultSerializer(clean_up(self.caller.initiator)).data)
