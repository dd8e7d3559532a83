"""Shapes of pending exports and their attribute changes."""

from jim.api.fields import CharField, ChoiceField, DateTimeField, IntegerField, UUIDField
from jim.api.serializers import ModelSerializer
from synchronisation.api.values import AttributeValueSerializer, AttributeValueSummarySerializer
from synchronisation.models import PendingExport

from .changes import CHANGE_STATUSES, CHANGE_TYPES

COMMON_FIELDS = (
    "id",
    "connected_system_id",
    "change_type",
    "status",
    "created_at",
    "last_attempted_at",
    "next_retry_at",
    "error_count",
    "max_retries",
    "last_error_message",
    "has_unresolved_references",
    "source_metaverse_object_id",
    "source_metaverse_object_display_name",
    "connected_system_object_id",
)


class PendingExportBaseSerializer(ModelSerializer):
    connected_system_id = IntegerField(source="system_id", read_only=True)
    created_at = DateTimeField(source="created", read_only=True)
    last_attempted_at = DateTimeField(source="last_attempted", allow_null=True, read_only=True)
    next_retry_at = DateTimeField(source="next_retry", allow_null=True, read_only=True)
    source_metaverse_object_id = UUIDField(source="mvo_id", allow_null=True, read_only=True)
    source_metaverse_object_display_name = CharField(source="mvo_display_name", allow_null=True, read_only=True)
    connected_system_object_id = UUIDField(source="cso_id", allow_null=True, read_only=True)


class PendingExportSummarySerializer(PendingExportBaseSerializer):
    target_object_identifier = CharField(source="cso_external_id", allow_null=True, read_only=True)
    attribute_change_count = IntegerField(read_only=True)

    class Meta:
        model = PendingExport
        fields = read_only_fields = (*COMMON_FIELDS, "target_object_identifier", "attribute_change_count")


class PendingExportAttributeChangeSerializer(AttributeValueSerializer):
    """A change with every value null clears the attribute."""

    change_type = ChoiceField(choices=CHANGE_TYPES)
    status = ChoiceField(choices=CHANGE_STATUSES)
    unresolved_reference_value = CharField(allow_null=True)
    export_attempt_count = IntegerField()


class PendingExportSerializer(PendingExportBaseSerializer):
    connected_system_name = CharField(source="system.name", read_only=True)
    connected_system_object_display_name = CharField(source="cso_display_name", allow_null=True, read_only=True)
    connected_system_object_type_name = CharField(source="cso_type_name", allow_null=True, read_only=True)
    source_metaverse_object_type_name = CharField(source="mvo_type_name", allow_null=True, read_only=True)
    attribute_changes = PendingExportAttributeChangeSerializer(many=True, read_only=True)
    attribute_change_summaries = AttributeValueSummarySerializer(many=True, allow_null=True, read_only=True)

    class Meta:
        model = PendingExport
        fields = read_only_fields = (
            *COMMON_FIELDS,
            "connected_system_name",
            "connected_system_object_display_name",
            "connected_system_object_type_name",
            "source_metaverse_object_type_name",
            "attribute_changes",
            "attribute_change_summaries",
        )
