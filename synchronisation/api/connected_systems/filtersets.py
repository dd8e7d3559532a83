from jim.api.filters import FilterSet, SearchFilter


class ConnectedSystemFilter(FilterSet):
    filter = SearchFilter("name")
