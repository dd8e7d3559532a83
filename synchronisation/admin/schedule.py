"""Schedules, read-only: everything the beat starts. Run profiles get theirs on their own page.

The pages that django-celery-beat brings are taken away: whoever may edit a periodic task there can have the workers
call any task with any arguments.
"""

from django.contrib import admin
from django_celery_beat import admin as _  # noqa: F401  registers first what is taken away below
from django_celery_beat.models import ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule
from unfold.decorators import display

from jim.admin.model_admins import ReadOnlyAdmin

admin.site.unregister([ClockedSchedule, CrontabSchedule, IntervalSchedule, PeriodicTask, SolarSchedule])


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(ReadOnlyAdmin):
    list_display = ("name", "enabled", "when", "last_run_at", "total_run_count")
    list_filter = ("enabled",)
    list_select_related = ("crontab", "interval", "solar", "clocked")
    search_fields = ("name",)
    ordering = ("name",)
    fields = (("name", "enabled"), "when", ("task", "kwargs"), ("start_time", "last_run_at", "total_run_count"))
    readonly_fields = ("when",)

    @display(description="when")
    def when(self, task: PeriodicTask) -> str:
        return task.crontab.human_readable if task.crontab else str(task.scheduler)
