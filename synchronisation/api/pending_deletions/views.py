"""Pending deletions: metaverse objects that are about to go, their number, and their number by status."""

from collections import Counter
from typing import Any

from django.db.models import Count, QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jim.api.schema import Operation
from jim.api.views import ApiView, ListMixin, ResourceViewSet
from synchronisation.api.count_view import CountViewSet
from synchronisation.api.counts import count_by
from synchronisation.models import Join, MetaverseObject
from synchronisation.services.pending_deletions import (
    AWAITING_GRACE_PERIOD,
    DEPROVISIONING,
    READY_FOR_DELETION,
    pending_deletions,
)

from .filtersets import PendingDeletionFilter
from .serializers import PendingDeletionSerializer, PendingDeletionSummarySerializer

TAG = "Pending Deletions"


class PendingDeletionViewSet(ListMixin, ResourceViewSet):
    tag = TAG
    operations = {"list": Operation("listPendingDeletions", "List pending deletions")}
    queryset = MetaverseObject.objects.none()
    serializer_class = PendingDeletionSerializer
    filterset_class = PendingDeletionFilter

    def get_queryset(self) -> QuerySet[MetaverseObject]:
        self.now = timezone.now()
        accounts = count_by(Join.objects.all(), "mvo")
        rows = pending_deletions(self.now).annotate(connected_system_object_count=accounts)
        return rows.select_related("type").defer("document", "holders")


class PendingDeletionCountViewSet(CountViewSet):
    tag = TAG
    operations = {"count": Operation("countPendingDeletions", "Count pending deletions")}
    queryset = MetaverseObject.objects.none()
    filterset_class = PendingDeletionFilter

    def get_queryset(self) -> QuerySet[MetaverseObject]:
        return pending_deletions(timezone.now())


class PendingDeletionSummaryView(ApiView):
    tag = TAG
    operations = {"get": Operation("summarisePendingDeletions", "Pending deletions by status")}

    @extend_schema(responses=PendingDeletionSummarySerializer)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        by_status = pending_deletions(timezone.now()).order_by().values("pending_status").annotate(number=Count("pk"))
        counts = Counter(dict(by_status.values_list("pending_status", "number")))
        result = {
            "total_count": counts.total(),
            "deprovisioning_count": counts[DEPROVISIONING],
            "awaiting_grace_period_count": counts[AWAITING_GRACE_PERIOD],
            "ready_for_deletion_count": counts[READY_FOR_DELETION],
        }
        return Response(PendingDeletionSummarySerializer(result).data)
