"""Predefined searches: which there are. What one finds is answered by `metaverse.search_views`."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jim.api.lookup import find_or_404
from jim.api.schema import Operation
from jim.api.views import ListMixin, ResourceViewSet, RetrieveMixin
from synchronisation.api.counts import count_by
from synchronisation.models import PredefinedSearch, PredefinedSearchAttribute
from synchronisation.services.predefined_searches import switch_search

from .serializers import (
    PredefinedSearchHeaderSerializer,
    PredefinedSearchSerializer,
    PredefinedSearchUpdateSerializer,
)


class PredefinedSearchViewSet(ListMixin, RetrieveMixin, ResourceViewSet):
    tag = "Predefined Searches"
    operations = {
        "list": Operation("listPredefinedSearches", "List predefined searches"),
        "retrieve": Operation("retrievePredefinedSearch", "Retrieve by id"),
        "retrieve_by_uri": Operation("retrievePredefinedSearchByUri", "Retrieve by URI slug", errors=(400,)),
        "partial_update": Operation("updatePredefinedSearch", "Enable or disable"),
    }
    queryset = PredefinedSearch.objects.select_related("metaverse_object_type")
    input_serializer_class = PredefinedSearchUpdateSerializer
    pagination_class = None

    def get_queryset(self) -> QuerySet[PredefinedSearch]:
        searches = super().get_queryset()
        if self.action == "list":
            return searches.annotate(attribute_count=count_by(PredefinedSearchAttribute.objects.all(), "search"))
        return searches.prefetch_related("columns__attribute")

    def get_serializer_class(self) -> type[BaseSerializer]:
        return PredefinedSearchHeaderSerializer if self.action == "list" else PredefinedSearchSerializer

    def retrieve_by_uri(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(find_or_404(self.get_queryset(), uri__iexact=kwargs["uri"])).data)

    @extend_schema(responses={204: None})
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        search = self.get_object()
        wanted = self.read(request).validated_data
        is_enabled = wanted.get("is_enabled", search.is_enabled)
        switch_search(search, is_enabled=is_enabled, initiator=self.caller.initiator)
        return Response(status=status.HTTP_204_NO_CONTENT)
