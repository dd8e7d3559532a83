"""Connected systems: the list, and one system with its settings and run profiles.

An administrator may change the name, the guards and the limits; everything that a connector must approve is the
API's. Secrets are never shown, only whether they are set.
"""

from typing import Any

from django.contrib import admin, messages
from django.forms import ModelForm
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import display

from activities.admin.initiators import initiator_of
from jim.admin.model_admins import SectionsMixin
from jim.admin.sections import Section, choice_label, page_link
from synchronisation.admin.documents import value_text
from synchronisation.models import ConnectedSystem, SettingType, SystemStatus
from synchronisation.services.connected_systems import update_system
from synchronisation.services.setting_values import StoredSetting, stored_settings

STATUS_KINDS = {SystemStatus.ACTIVE: "success", SystemStatus.DELETING: "warning"}
RULE_LABEL = "synchronisation_syncrule"
PROFILE_LABEL = "synchronisation_runprofile"


@admin.register(ConnectedSystem)
class ConnectedSystemAdmin(SectionsMixin, ModelAdmin):
    list_display = ("name", "connector", "status_label", "settings_valid", "description", "last_updated")
    list_filter = ("connector", "status")
    list_select_related = ("connector",)
    search_fields = ("name", "description")
    ordering = ("name",)
    actions = None
    fieldsets = (
        (None, {"fields": ("name", "description", ("connector", "status_label", "settings_valid"))}),
        ("Deletion guard", {"fields": (("deletion_threshold_percent", "deletion_threshold_minimum"),)}),
        ("Export", {"fields": (("max_export_attempts", "max_export_parallelism"),)}),
        ("Record", {"fields": (("created", "last_updated", "matching_mode"),)}),
    )
    readonly_fields = ("connector", "status_label", "settings_valid", "created", "last_updated", "matching_mode")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ConnectedSystem | None = None) -> bool:
        """Deleting one recalls values and deletes objects: that is the API's, with its preview."""
        return False

    @display(description="status")
    def status_label(self, system: ConnectedSystem) -> SafeString:
        return choice_label(SystemStatus(system.status), STATUS_KINDS)

    @display(description="settings valid", boolean=True)
    def settings_valid(self, system: ConnectedSystem) -> bool:
        return system.setting_values_valid

    def save_model(self, request: HttpRequest, obj: ConnectedSystem, form: ModelForm, change: bool) -> None:
        """As the API does it, from the row as it was; `obj` has the new values already."""
        system = ConnectedSystem.objects.select_related("connector").get(pk=obj.pk)
        values = {name: form.cleaned_data[name] for name in form.changed_data}
        update_system(system, values, {}, initiator_of(request))
        if not system.setting_values_valid:
            messages.warning(request, f"The settings of {system} are not valid; its latest activity says why.")

    def get_sections(self, request: HttpRequest, obj: ConnectedSystem) -> list[Section]:
        return [_run_profiles(obj), _rules(obj), _settings(obj)]


def _run_profiles(system: ConnectedSystem) -> Section:
    rows: list[tuple[Any, ...]] = [
        (page_link(PROFILE_LABEL, profile.pk, profile.name), profile.get_run_type_display(), profile.partition or "-")
        for profile in system.run_profiles.select_related("partition")
    ]
    return Section("Run profiles", ("run profile", "run type", "partition"), rows)


def _rules(system: ConnectedSystem) -> Section:
    rows: list[tuple[Any, ...]] = [
        (page_link(RULE_LABEL, rule.pk, rule.name), rule.direction, rule.object_type, "yes" if rule.enabled else "no")
        for rule in system.sync_rules.select_related("object_type")
    ]
    return Section("Synchronisation rules", ("rule", "direction", "object type", "enabled"), rows)


def _settings(system: ConnectedSystem) -> Section:
    rows: list[tuple[Any, ...]] = [(one.setting.name, _setting_text(one)) for one in stored_settings(system)]
    return Section("Settings", ("setting", "value"), rows, note="Settings are changed through the API.")


def _setting_text(stored: StoredSetting) -> str:
    if not stored.is_set:
        return "-"
    return "set" if stored.setting.type == SettingType.ENCRYPTED_STRING else value_text(stored.value)
