from typing import Any

from django.db.models import QuerySet

from jim.api.filters import EnumFilter, FilterSet, IntegerFilter, SearchFilter
from synchronisation.models import CsoStatus, JoinType


class JoinTypeFilter(EnumFilter):
    """`Disconnected` are the objects without a join."""

    def filter(self, queryset: QuerySet, value: Any) -> QuerySet:
        if value == JoinType.DISCONNECTED:
            return queryset.filter(join__isnull=True)
        return super().filter(queryset, value)


class ConnectorSpaceCountFilter(FilterSet):
    object_type_id = IntegerFilter(field_name="object_type")
    partition_id = IntegerFilter(field_name="partition_id")


class ConnectorSpaceFilter(ConnectorSpaceCountFilter):
    status = EnumFilter(choices=CsoStatus)
    join_type = JoinTypeFilter(field_name="join__type", choices=JoinType)
    search = SearchFilter("display_name", "external_id")


class ReferenceFilter(FilterSet):
    search = SearchFilter("text")
