"""Activities, read-only: the list, one activity with its progress and first items, and the pages of its items."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import display

from activities.admin.filters import SystemFilter
from activities.admin.items import item_of, item_sections, items_section, read_item_page
from activities.admin.run_state import RunState, run_state_of
from activities.models import Activity, ActivityStatus
from jim.admin.keyset import Keyset
from jim.admin.model_admins import KeysetAdmin, SectionsMixin
from jim.admin.sections import LINK_CLASSES, Section, choice_label

STATUS_KINDS = {
    ActivityStatus.IN_PROGRESS: "info",
    ActivityStatus.COMPLETE: "success",
    ActivityStatus.COMPLETE_WITH_WARNING: "warning",
    ActivityStatus.COMPLETE_WITH_ERROR: "warning",
    ActivityStatus.FAILED_WITH_ERROR: "danger",
    ActivityStatus.CANCELLED: "",
}
ITEMS_ON_ACTIVITY = 10
SECONDS_PER_MINUTE = 60
MOST_DIGITS = 18
"""Of a page number; Python refuses to read a few thousand."""


@admin.register(Activity)
class ActivityAdmin(SectionsMixin, KeysetAdmin):
    keyset = Keyset(("created", "id"))
    list_display = ("operation", "target_name", "target_context", "status_label", "created", "took", "initiator")
    list_filter = ("status", SystemFilter, "run_type", "operation_type", "target_type", "created")
    search_fields = ("target_name",)
    search_help_text = "Beginning of the target's name, or an id"
    change_form_outer_before_template = "admin/activities/activity/progress.html"
    fieldsets = (
        (
            None,
            {
                "fields": (
                    ("operation", "status_label"),
                    ("target_name", "target_context"),
                    ("initiator", "took"),
                    ("created", "executed", "ended"),
                    "id",
                )
            },
        ),
    )
    readonly_fields = ("operation", "status_label", "initiator", "took")

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:activity_id>/items/", wrap(self.items_view), name="activities_activity_items"),
            path("<uuid:activity_id>/items/<int:ordinal>/", wrap(self.item_view), name="activities_activity_item"),
            *super().get_urls(),
        ]

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        term = search_term.strip()
        try:
            return queryset.filter(pk=UUID(term)), False
        except ValueError:
            return queryset.filter(target_name__istartswith=term) if term else queryset, False

    @display(description="operation")
    def operation(self, activity: Activity) -> str:
        return activity.get_run_type_display() or activity.get_operation_type_display()

    @display(description="status")
    def status_label(self, activity: Activity) -> SafeString:
        return choice_label(ActivityStatus(activity.status), STATUS_KINDS)

    @display(description="took")
    def took(self, activity: Activity) -> str | None:
        """From the creation on, as waiting counts for who waits; of a running one, so far."""
        return duration(activity.created, activity.ended or timezone.now())

    @display(description="started by")
    def initiator(self, activity: Activity) -> str:
        return activity.initiated_by_name or activity.get_initiated_by_type_display()

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        activity = super().get_object(request, object_id, from_field)
        if activity is not None:
            activity.state = run_state_of(activity)
        return activity

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, obj: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """A page that asks for its progress when there is none any more is told to load itself again."""
        if "HX-Request" in request.headers and not obj.state.running:
            return HttpResponse(headers={"HX-Refresh": "true"})
        return super().render_change_form(request, context, *args, obj=obj, **kwargs)

    def get_sections(self, request: HttpRequest, obj: Any) -> list[Section]:
        state: RunState = obj.state
        sections = []
        if state.statistics:
            rows = [(name, f"{number:,}") for name, number in state.statistics]
            sections.append(Section("Statistics", ("what", "how many"), rows))
        if state.item_count:
            page = read_item_page(obj, state.item_count, 1, ITEMS_ON_ACTIVITY)
            sections.append(replace(items_section(page, "First execution items"), note=self._all_items(obj)))
        return sections

    def _all_items(self, activity: Any) -> SafeString:
        url = reverse("admin:activities_activity_items", args=[activity.pk])
        text = f"All {activity.state.item_count:,} execution items"
        return format_html('<a href="{}" class="{}">{}</a>', url, LINK_CLASSES, text)

    def items_view(self, request: HttpRequest, activity_id: UUID) -> HttpResponse:
        activity = self._activity(request, activity_id)
        page = read_item_page(activity, run_state_of(activity).item_count, _page_number(request))
        return self._page(
            request,
            "items",
            activity,
            title=f"Execution items of {activity}",
            page=page,
            sections=[items_section(page)],
        )

    def item_view(self, request: HttpRequest, activity_id: UUID, ordinal: int) -> HttpResponse:
        activity = self._activity(request, activity_id)
        item = item_of(activity, ordinal)
        if item is None:
            raise Http404(f"Activity {activity_id} has no item {ordinal + 1}")
        return self._page(request, "item", activity, title=str(item), sections=item_sections(item))

    def _activity(self, request: HttpRequest, activity_id: UUID) -> Activity:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return get_object_or_404(Activity, pk=activity_id)

    def _page(self, request: HttpRequest, name: str, activity: Activity, **context: Any) -> TemplateResponse:
        site = self.admin_site.each_context(request)
        context |= {"opts": self.opts, "original": activity}
        return TemplateResponse(request, f"admin/activities/activity/{name}.html", site | context)


def _page_number(request: HttpRequest) -> int:
    """1 for anything that is no number; `read_item_page` brings the others into range."""
    asked = request.GET.get("page", "")
    return int(asked) if asked.isdecimal() and len(asked) <= MOST_DIGITS else 1


def duration(start: datetime, end: datetime) -> str:
    """Hours, minutes and seconds; tenths of a second below a minute."""
    seconds = (end - start).total_seconds()
    if seconds < SECONDS_PER_MINUTE:
        return f"{seconds:.1f} s"
    minutes, seconds = divmod(round(seconds), SECONDS_PER_MINUTE)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {seconds} s"
