"""Shapes of connector space objects and their values."""

from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import SerializerMethodField

from jim.api.fields import CharField, DateTimeField, IntegerField, UUIDField
from jim.api.serializers import ModelSerializer
from synchronisation.api.values import AttributeValueSerializer, AttributeValueSummarySerializer
from synchronisation.models import ConnectorSpaceObject, JoinType


class ConnectorSpaceObjectHeaderSerializer(ModelSerializer):
    join_type = SerializerMethodField()
    date_joined = DateTimeField(source="join.created", default=None, allow_null=True, read_only=True)
    external_id_value = CharField(source="external_id", allow_null=True, read_only=True)
    type_id = IntegerField(source="object_type_id", read_only=True)
    type_name = CharField(source="object_type.name", read_only=True)
    partition_id = IntegerField(allow_null=True, read_only=True)
    metaverse_object_id = UUIDField(source="join.mvo_id", default=None, allow_null=True, read_only=True)

    class Meta:
        model = ConnectorSpaceObject
        fields: tuple[str, ...] = (
            "id",
            "created",
            "last_updated",
            "status",
            "join_type",
            "date_joined",
            "display_name",
            "external_id_value",
            "type_id",
            "type_name",
            "partition_id",
            "metaverse_object_id",
        )
        read_only_fields = fields

    @extend_schema_field({"type": "string", "enum": JoinType.values})
    def get_join_type(self, cso: ConnectorSpaceObject) -> str:
        join = getattr(cso, "join", None)
        return JoinType.DISCONNECTED if join is None else join.type


class ConnectorSpaceValueSerializer(AttributeValueSerializer):
    reference_value_id = UUIDField(allow_null=True, help_text="Referenced connector space object")
    unresolved_reference_value = CharField(allow_null=True)


class ConnectorSpaceObjectSerializer(ConnectorSpaceObjectHeaderSerializer):
    connected_system_id = IntegerField(source="system_id", read_only=True)
    connected_system_name = CharField(source="system.name", read_only=True)
    metaverse_object_display_name = CharField(
        source="join.mvo.display_name", default=None, allow_null=True, read_only=True
    )
    attribute_values = ConnectorSpaceValueSerializer(many=True, read_only=True, help_text="At most 10 per attribute")
    attribute_value_summaries = AttributeValueSummarySerializer(many=True, read_only=True, allow_null=True)

    class Meta(ConnectorSpaceObjectHeaderSerializer.Meta):
        fields = read_only_fields = (
            *ConnectorSpaceObjectHeaderSerializer.Meta.fields,
            "connected_system_id",
            "connected_system_name",
            "metaverse_object_display_name",
            "attribute_values",
            "attribute_value_summaries",
        )
