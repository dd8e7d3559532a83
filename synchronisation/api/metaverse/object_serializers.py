"""Shapes of metaverse objects and their values."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import SerializerMethodField

from jim.api.fields import BooleanField, CharField, ChoiceField, DateTimeField, IntegerField, UUIDField
from jim.api.serializers import ModelSerializer, NamedReferenceSerializer, Serializer
from synchronisation.api.values import AttributeValueSerializer, AttributeValueSummarySerializer
from synchronisation.models import AttributeType, MetaverseObject, Plurality


class MetaverseObjectHeaderSerializer(ModelSerializer):
    type_id = IntegerField(read_only=True)
    type_name = CharField(source="type.name", read_only=True)
    attributes = SerializerMethodField(help_text="Requested attributes by name, values as text")

    class Meta:
        model = MetaverseObject
        fields = read_only_fields = ("id", "created", "display_name", "status", "type_id", "type_name", "attributes")

    @extend_schema_field(
        {"type": "object", "additionalProperties": {"type": ["string", "array", "null"], "items": {"type": "string"}}}
    )
    def get_attributes(self, mvo: Any) -> dict[str, Any]:
        return mvo.selected_attributes


class MetaverseValueSerializer(AttributeValueSerializer):
    attribute_type = ChoiceField(choices=AttributeType.choices)
    attribute_plurality = ChoiceField(choices=Plurality.choices)
    reference_value_id = UUIDField(allow_null=True, help_text="Referenced metaverse object")
    reference_value_display_name = CharField(allow_null=True)
    contributed_by_system_id = IntegerField(allow_null=True)
    contributed_by_system_name = CharField(allow_null=True)


class MetaverseObjectConnectorSerializer(Serializer):
    id = UUIDField(source="cso_id")
    connected_system_id = IntegerField(source="system_id")
    connected_system_name = CharField()
    display_name = CharField(source="cso.display_name", allow_null=True)


class MetaverseObjectSerializer(ModelSerializer):
    last_connector_disconnected_date = DateTimeField(
        source="last_connector_disconnected", allow_null=True, read_only=True
    )
    is_pending_deletion = BooleanField(read_only=True)
    deletion_eligible_date = DateTimeField(source="deletion_eligible", allow_null=True, read_only=True)
    type = NamedReferenceSerializer(read_only=True)
    attribute_values = MetaverseValueSerializer(many=True, read_only=True)
    attribute_value_summaries = AttributeValueSummarySerializer(many=True, allow_null=True, read_only=True)
    connected_system_objects = MetaverseObjectConnectorSerializer(many=True, read_only=True)

    class Meta:
        model = MetaverseObject
        fields = read_only_fields = (
            "id",
            "created",
            "last_updated",
            "display_name",
            "status",
            "origin",
            "last_connector_disconnected_date",
            "is_pending_deletion",
            "deletion_eligible_date",
            "type",
            "attribute_values",
            "attribute_value_summaries",
            "connected_system_objects",
        )
