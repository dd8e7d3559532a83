from jim.api.filters import FilterSet, IntegerFilter


class PendingDeletionFilter(FilterSet):
    object_type_id = IntegerFilter(field_name="type")
