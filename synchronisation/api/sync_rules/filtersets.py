from jim.api.filters import FilterSet, SearchFilter


class SyncRuleFilter(FilterSet):
    filter = SearchFilter("name")
