"""Query parameters of the deletion history."""

from jim.api.filters import DateTimeFilter, FilterSet, IntegerFilter, SearchFilter


class DeletionFilter(FilterSet):
    from_date = DateTimeFilter(field_name="deleted", lookup_expr="gte")
    to_date = DateTimeFilter(field_name="deleted", lookup_expr="lte")


class DeletedCsoFilter(DeletionFilter):
    connected_system_id = IntegerFilter(field_name="system_id")
    external_id_search = SearchFilter("external_id")


class DeletedMvoFilter(DeletionFilter):
    object_type_id = IntegerFilter(field_name="type_id")
    display_name_search = SearchFilter("display_name")
