"""Query parameters of the list of activities."""

from activities.models import ActivityStatus, RunType, TargetType
from jim.api.filters import DateTimeFilter, EnumListFilter, FilterSet, IntegerListFilter, SearchFilter, TextListFilter


class ActivityFilter(FilterSet):
    search = SearchFilter("target_name", "target_type", "run_type")
    status = EnumListFilter(choices=ActivityStatus)
    target_type = EnumListFilter(choices=TargetType)
    connected_system_id = IntegerListFilter()
    run_type = EnumListFilter(choices=RunType)
    initiated_by_name = TextListFilter()
    created_from = DateTimeFilter(field_name="created", lookup_expr="gte")
    created_to = DateTimeFilter(field_name="created", lookup_expr="lte")
