"""Filters of the activity list that its own columns cannot give."""

from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.db.models import QuerySet
from django.http import HttpRequest

from activities.models import Activity
from activities.names import connected_systems


class SystemFilter(SimpleListFilter):
    title = "connected system"
    parameter_name = "system"

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Activity]") -> list[tuple[str, str]]:
        return [(str(number), name) for number, name in connected_systems().items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Activity]) -> QuerySet[Activity]:
        """A number that is no system's filters nothing, like an unknown choice of any filter here."""
        known = {number for number, _ in self.lookup_choices}
        return queryset.filter(connected_system_id=self.value()) if self.value() in known else queryset
