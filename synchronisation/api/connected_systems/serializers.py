"""Shapes of connector definitions and connected systems."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import NotFound
from rest_framework.serializers import DictField, ListField, SerializerMethodField

from jim.api.fields import BooleanField, CharField, ChoiceField, IntegerField, TimeSpanField, UUIDField
from jim.api.serializers import ModelSerializer, NamedReferenceSerializer, Serializer
from synchronisation.models import (
    ConnectedSystem,
    ConnectorDefinition,
    ConnectorSetting,
    MatchingMode,
    ObjectType,
    SettingType,
)
from synchronisation.services.removals import DeletionOutcome
from synchronisation.services.setting_values import FIELD_OF_TYPE, StoredSetting, stored_settings


class ConnectorSettingSerializer(ModelSerializer):
    drop_down_values = ListField(child=CharField(), allow_null=True, read_only=True)

    class Meta:
        model = ConnectorSetting
        fields = read_only_fields = (
            "id",
            "name",
            "description",
            "category",
            "type",
            "required",
            "default_string_value",
            "default_int_value",
            "default_checkbox_value",
            "drop_down_values",
        )


class ConnectorDefinitionSerializer(ModelSerializer):
    capabilities = ListField(child=CharField(), read_only=True)
    settings = ConnectorSettingSerializer(many=True, read_only=True)

    class Meta:
        model = ConnectorDefinition
        fields = read_only_fields = ("id", "name", "description", "url", "built_in", "capabilities", "settings")


class ConnectedSystemHeaderSerializer(ModelSerializer):
    object_count = IntegerField(read_only=True)
    connectors_count = IntegerField(read_only=True, help_text="Selected object types")
    pending_export_objects_count = IntegerField(source="pending_export_count", read_only=True)
    connector_name = CharField(source="connector.name", read_only=True)
    connector_id = IntegerField(read_only=True)

    class Meta:
        model = ConnectedSystem
        fields = read_only_fields = (
            "id",
            "name",
            "description",
            "created",
            "status",
            "object_count",
            "connectors_count",
            "pending_export_objects_count",
            "connector_name",
            "connector_id",
        )


class ObjectTypeSummarySerializer(ModelSerializer):
    attribute_count = IntegerField(read_only=True)

    class Meta:
        model = ObjectType
        fields: tuple[str, ...] = (
            "id",
            "name",
            "created",
            "selected",
            "remove_contributed_attributes_on_obsoletion",
            "attribute_count",
        )
        read_only_fields = fields


class SettingValueSerializer(Serializer):
    """A declared setting and its stored value, null where the connector's default applies; secrets are not echoed."""

    id = IntegerField(source="setting.id")
    name = CharField(source="setting.name")
    type = ChoiceField(source="setting.type", choices=SettingType.choices)
    value = SerializerMethodField(method_name="get_plain_value")
    string_value = SerializerMethodField()
    int_value = SerializerMethodField()
    checkbox_value = SerializerMethodField()
    has_value = BooleanField(source="is_set")
    is_set = BooleanField()

    @extend_schema_field({"type": ["string", "integer", "boolean", "null"]})
    def get_plain_value(self, stored: StoredSetting) -> Any:
        return stored.value

    @extend_schema_field({"type": ["string", "null"]})
    def get_string_value(self, stored: StoredSetting) -> Any:
        return _value_in("string_value", stored)

    @extend_schema_field({"type": ["integer", "null"]})
    def get_int_value(self, stored: StoredSetting) -> Any:
        return _value_in("int_value", stored)

    @extend_schema_field({"type": ["boolean", "null"]})
    def get_checkbox_value(self, stored: StoredSetting) -> Any:
        return _value_in("checkbox_value", stored)


def _value_in(field: str, stored: StoredSetting) -> Any:
    return stored.value if FIELD_OF_TYPE[SettingType(stored.setting.type)] == field else None


class ConnectedSystemSerializer(ModelSerializer):
    connector = NamedReferenceSerializer(read_only=True)
    object_types = ObjectTypeSummarySerializer(many=True, read_only=True)
    object_count = IntegerField(read_only=True)
    pending_export_count = IntegerField(read_only=True)
    setting_values = SerializerMethodField()
    matching_mode = ChoiceField(choices=MatchingMode.choices, read_only=True)

    class Meta:
        model = ConnectedSystem
        fields = read_only_fields = (
            "id",
            "name",
            "description",
            "created",
            "last_updated",
            "status",
            "setting_values_valid",
            "connector",
            "object_types",
            "object_count",
            "pending_export_count",
            "max_export_parallelism",
            "setting_values",
            "matching_mode",
            "deletion_threshold_percent",
            "deletion_threshold_minimum",
        )

    @extend_schema_field(DictField(child=SettingValueSerializer(), help_text="By setting id"))
    def get_setting_values(self, system: ConnectedSystem) -> dict[str, Any]:
        return {str(stored.setting.pk): SettingValueSerializer(stored).data for stored in stored_settings(system)}


class DeletionThresholdSerializer(Serializer):
    """A full import that would make more than this share, and at least this many, obsolete makes none so."""

    deletion_threshold_percent = IntegerField(min_value=0, max_value=100, allow_null=True, required=False)
    deletion_threshold_minimum = IntegerField(min_value=0, required=False)


class ConnectedSystemCreateSerializer(DeletionThresholdSerializer):
    name = CharField(max_length=200)
    description = CharField(max_length=1000, allow_null=True, allow_blank=True, required=False)
    connector_definition_id = IntegerField(source="connector")

    def validate_connector_definition_id(self, definition_id: int) -> ConnectorDefinition:
        definition = ConnectorDefinition.objects.filter(pk=definition_id).first()
        if definition is None:
            raise NotFound(f"There is no connector definition {definition_id}.")
        return definition


class SettingValueInputSerializer(Serializer):
    """Send the one field that fits the setting's type; null clears it."""

    string_value = CharField(allow_null=True, allow_blank=True, required=False, trim_whitespace=False)
    int_value = IntegerField(allow_null=True, required=False)
    checkbox_value = BooleanField(allow_null=True, required=False)


class ConnectedSystemUpdateSerializer(DeletionThresholdSerializer):
    name = CharField(max_length=200, required=False)
    description = CharField(max_length=1000, allow_null=True, allow_blank=True, required=False)
    setting_values = DictField(
        child=SettingValueInputSerializer(),
        required=False,
        help_text="By setting id or name; settings that are not listed keep their values",
    )
    max_export_parallelism = IntegerField(min_value=1, max_value=16, allow_null=True, required=False)


class ConnectedSystemDeletionPreviewSerializer(Serializer):
    """What `preview_deletion` returns."""

    connected_system_id = IntegerField()
    connected_system_name = CharField()
    connected_system_object_count = IntegerField()
    sync_rule_count = IntegerField()
    run_profile_count = IntegerField()
    partition_count = IntegerField()
    container_count = IntegerField()
    pending_export_count = IntegerField()
    activity_count = IntegerField()
    joined_mvo_count = IntegerField()
    mvos_with_other_connectors_count = IntegerField()
    mvos_with_deletion_rule_count = IntegerField(help_text="That would be deleted, at once or later")
    mvos_with_grace_period_count = IntegerField(help_text="Of these, those that would be deleted later")
    warnings = ListField(child=CharField())
    estimated_deletion_time = TimeSpanField()
    will_run_as_background_job = BooleanField()
    has_running_sync_operation = BooleanField()


class ConnectedSystemDeletionResultSerializer(Serializer):
    """What `delete_system` returns."""

    success = BooleanField(source="succeeded")
    outcome = ChoiceField(choices=[outcome.value for outcome in DeletionOutcome])
    error_message = CharField(allow_null=True)
    worker_task_id = UUIDField(allow_null=True)
    activity_id = UUIDField(source="activity.pk", default=None, allow_null=True)
