"""The form of a run profile: its name and page size, and the crontab it runs by itself on."""

from typing import Any

from django import forms
from django_celery_beat.models import CrontabSchedule
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget, UnfoldBooleanSwitchWidget

from synchronisation.crontab import Crontab, CrontabError, text_of
from synchronisation.models import RunProfile
from synchronisation.scheduling import put_on_schedule, schedules_of, take_off_schedule

SCHEDULE_FIELDS = ("crontab", "time_zone", "schedule_enabled")


class RunProfileForm(forms.ModelForm):
    crontab = forms.CharField(
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=(
            "Minute, hour, day of month, month, day of week; 0 6 * * 1-5 is six o'clock on working days. "
            "Empty: the run profile does not start by itself."
        ),
    )
    time_zone = forms.ChoiceField(
        choices=[(str(zone), name) for zone, name in CrontabSchedule._meta.get_field("timezone").choices],
        widget=UnfoldAdminSelectWidget,
        initial="UTC",
    )
    schedule_enabled = forms.BooleanField(
        required=False, initial=True, label="Starts by itself", widget=UnfoldBooleanSwitchWidget
    )

    class Meta:
        model = RunProfile
        fields = ("name", "page_size")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        task = schedules_of([self.instance.pk]).get(self.instance.pk)
        if task is not None:
            self.initial["crontab"] = text_of(task.crontab)
            self.initial["time_zone"] = str(task.crontab.timezone)
            self.initial["schedule_enabled"] = task.enabled

    def clean(self) -> dict[str, Any]:
        """A crontab that cannot be read is refused at its field."""
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if values.get("crontab") and values.get("time_zone"):
            try:
                self._crontab(values).columns()
            except CrontabError as exc:
                self.add_error("crontab", str(exc))
        return values

    @property
    def changed_profile_values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.changed_data if name not in SCHEDULE_FIELDS}

    def save_schedule(self) -> str | None:
        """What became of the schedule, None when nothing did. Call when the profile was saved."""
        if not set(self.changed_data) & {*SCHEDULE_FIELDS, "name"}:
            return None
        if not self.cleaned_data["crontab"]:
            take_off_schedule(self.instance.pk)
            return "It does not start by itself." if self.initial.get("crontab") else None
        enabled = self.cleaned_data["schedule_enabled"]
        task = put_on_schedule(self.instance, self._crontab(self.cleaned_data), enabled=enabled)
        return f"Schedule: {text_of(task.crontab)} {task.crontab.timezone}{'' if enabled else ', off'}."

    @staticmethod
    def _crontab(values: dict[str, Any]) -> Crontab:
        return Crontab(values["crontab"], values["time_zone"])
