"""Run profiles: the list with a button that runs each, and one profile with its schedule and past occurrences."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display
from unfold.views import ChangeList

from activities.admin.initiators import initiator_of
from activities.models import Activity, ActivityStatus, OperationType, TargetType
from jim.admin.model_admins import SectionsMixin
from jim.admin.sections import Section, page_link
from synchronisation.admin.schedule_form import RunProfileForm
from synchronisation.crontab import next_due
from synchronisation.errors import QueueUnavailableError, SynchronisationError
from synchronisation.models import RunProfile, ScheduledOccurrence
from synchronisation.scheduling import schedules_of
from synchronisation.services.audit import record_system_change
from synchronisation.services.run_profiles import update_run_profile
from synchronisation.services.runs import start_run

ACTIVITY_LABEL = "activities_activity"
OCCURRENCES_SHOWN = 10


class RunProfileChangeList(ChangeList):
    """Each profile knows its schedule and its open run: two queries for the page, none per row."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        self.result_list = list(self.result_list)
        describe(self.result_list, may_run=self.model_admin.has_change_permission(request))


@admin.register(RunProfile)
class RunProfileAdmin(SectionsMixin, ModelAdmin):
    form = RunProfileForm
    list_display = ("name", "system", "run_type", "schedule", "run_now")
    list_filter = ("system", "run_type")
    list_select_related = ("system",)
    search_fields = ("name", "system__name")
    ordering = ("system__name", "id")
    sortable_by = ("name", "run_type")
    actions = None
    fieldsets = (
        (None, {"fields": ("run_now", "name", ("system", "run_type", "partition"), ("page_size", "file_path"))}),
        ("Schedule", {"fields": ("crontab", ("time_zone", "schedule_enabled"), "schedule")}),
    )
    readonly_fields = ("run_now", "system", "run_type", "partition", "file_path", "schedule")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """The API makes them: it asks the connector what it supports."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: RunProfile | None = None) -> bool:
        return False

    def get_urls(self) -> list[URLPattern]:
        run = path("<int:profile_id>/run/", self.admin_site.admin_view(self.run_view), name="run_profile_run")
        return [run, *super().get_urls()]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RunProfileChangeList

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> RunProfile | None:
        profile: RunProfile | None = super().get_object(request, object_id, from_field)
        if profile is not None:
            describe([profile], may_run=self.has_change_permission(request))
        return profile

    @display(description="schedule")
    def schedule(self, profile: Any) -> str | None:
        """In words, with the next time; None without one."""
        if profile.task is None:
            return None
        words, due = profile.task.crontab.human_readable, next_due(profile.task.schedule, timezone.now())
        return f"{words}, next {due:%d %b %H:%M}" if profile.task.enabled else f"{words} (off)"

    @display(description="run")
    def run_now(self, profile: Any) -> SafeString | None:
        """A button, or the way to the run that is queued or going on. It posts the form of the page it is in."""
        if profile.open_run is not None:
            return page_link(ACTIVITY_LABEL, profile.open_run, "Running")
        if not profile.may_run:
            return None
        url = reverse("admin:run_profile_run", args=[profile.pk])
        return render_to_string("admin/synchronisation/runprofile/run_button.html", {"attrs": {"formaction": url}})

    def run_view(self, request: HttpRequest, profile_id: int) -> HttpResponse:
        """Start a run and go to its activity; what is refused becomes a message on the profile's page."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_change_permission(request):
            raise PermissionDenied
        profile = get_object_or_404(RunProfile.objects.select_related("system__connector"), pk=profile_id)
        try:
            started = start_run(profile, initiator=initiator_of(request))
        except SynchronisationError as exc:
            return self._not_started(request, profile, exc)
        for warning in started.warnings:
            messages.warning(request, warning)
        messages.success(request, f"{profile} was queued.")
        return redirect(f"admin:{ACTIVITY_LABEL}_change", started.activity.pk)

    def _not_started(self, request: HttpRequest, profile: RunProfile, error: SynchronisationError) -> HttpResponse:
        messages.error(request, str(error))
        if isinstance(error, QueueUnavailableError) and error.activity_id is not None:
            return redirect(f"admin:{ACTIVITY_LABEL}_change", error.activity_id)
        return redirect("admin:synchronisation_runprofile_change", profile.pk)

    def save_model(self, request: HttpRequest, obj: RunProfile, form: ModelForm, change: bool) -> None:
        """As the API does it, from the row as it was; `obj` has the new values already."""
        assert isinstance(form, RunProfileForm)
        initiator, values = initiator_of(request), form.changed_profile_values
        if values:
            update_run_profile(RunProfile.objects.select_related("system").get(pk=obj.pk), values, initiator)
        message = form.save_schedule()
        if message is not None:
            record_system_change(obj.system, OperationType.UPDATE, initiator, f"Run profile {obj.name}. {message}")

    def get_sections(self, request: HttpRequest, obj: RunProfile) -> list[Section]:
        occurrences = ScheduledOccurrence.objects.filter(run_profile=obj).order_by("-due")[:OCCURRENCES_SHOWN]
        rows: list[tuple[Any, ...]] = [(one.due, _outcome(one)) for one in occurrences]
        return [Section("Scheduled runs, latest first", ("due", "activity"), rows)] if rows else []


def _outcome(occurrence: ScheduledOccurrence) -> SafeString:
    if occurrence.activity_id is None:
        return format_html("{}", "not started")
    return page_link(ACTIVITY_LABEL, occurrence.activity_id, str(occurrence.activity_id))


def describe(profiles: list[Any], *, may_run: bool) -> None:
    """Sets `task` (the periodic task), `open_run` (an activity's id; both None where there is none) and `may_run`."""
    ids = [profile.pk for profile in profiles]
    tasks = schedules_of(ids)
    open_runs = dict(
        Activity.objects.filter(
            status=ActivityStatus.IN_PROGRESS, target_type=TargetType.RUN_PROFILE, run_profile_id__in=ids
        ).values_list("run_profile_id", "pk")
    )
    for profile in profiles:
        profile.task, profile.open_run, profile.may_run = tasks.get(profile.pk), open_runs.get(profile.pk), may_run
