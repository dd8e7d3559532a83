from jim.api.filters import EnumFilter, FilterSet, SearchFilter
from synchronisation.models import PendingExportChangeType, PendingExportStatus


class PendingExportFilter(FilterSet):
    search = SearchFilter("cso_external_id", "cso_display_name")


class PendingExportCountFilter(FilterSet):
    change_type = EnumFilter(choices=PendingExportChangeType)
    status = EnumFilter(choices=PendingExportStatus)
