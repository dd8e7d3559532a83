"""Shapes of attribute mappings."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import SerializerMethodField

from jim.api.fields import BooleanField, CharField, IntegerField
from jim.api.serializers import ModelSerializer, Serializer
from synchronisation.models import SyncRuleMapping, SyncRuleMappingSource
from synchronisation.services.mapping_checks import MappingInput, SourceInput

SOURCE_TYPES = ("AttributeMapping", "ExpressionMapping", "AdvancedMapping")


class MappingSourceSerializer(ModelSerializer):
    connected_system_attribute_id = IntegerField(source="attribute_id", read_only=True, allow_null=True)
    connected_system_attribute_name = CharField(source="attribute.name", default=None, read_only=True, allow_null=True)
    metaverse_attribute_id = IntegerField(read_only=True, allow_null=True)
    metaverse_attribute_name = CharField(
        source="metaverse_attribute.name", default=None, read_only=True, allow_null=True
    )

    class Meta:
        model = SyncRuleMappingSource
        fields = read_only_fields = (
            "id",
            "order",
            "connected_system_attribute_id",
            "connected_system_attribute_name",
            "metaverse_attribute_id",
            "metaverse_attribute_name",
            "expression",
        )


class MappingSerializer(ModelSerializer):
    target_metaverse_attribute_id = IntegerField(read_only=True, allow_null=True)
    target_metaverse_attribute_name = CharField(
        source="target_metaverse_attribute.name", default=None, read_only=True, allow_null=True
    )
    target_connected_system_attribute_id = IntegerField(source="target_attribute_id", read_only=True, allow_null=True)
    target_connected_system_attribute_name = CharField(
        source="target_attribute.name", default=None, read_only=True, allow_null=True
    )
    source_type = SerializerMethodField(help_text="Derived from sources")
    sources = MappingSourceSerializer(many=True, read_only=True)

    class Meta:
        model = SyncRuleMapping
        fields = read_only_fields = (
            "id",
            "created",
            "target_metaverse_attribute_id",
            "target_metaverse_attribute_name",
            "target_connected_system_attribute_id",
            "target_connected_system_attribute_name",
            "source_type",
            "sources",
            "priority",
            "null_is_value",
            "initial_only",
        )

    @extend_schema_field({"type": "string", "enum": list(SOURCE_TYPES)})
    def get_source_type(self, mapping: SyncRuleMapping) -> str:
        sources = mapping.sources.all()
        if len(sources) > 1:
            return "AdvancedMapping"
        return "AttributeMapping" if all(source.expression is None for source in sources) else "ExpressionMapping"


class MappingSourceInputSerializer(Serializer):
    """Exactly one of the attribute for the direction or an expression."""

    order = IntegerField(min_value=0, default=0)
    connected_system_attribute_id = IntegerField(allow_null=True, default=None, help_text="Import rules")
    metaverse_attribute_id = IntegerField(allow_null=True, default=None, help_text="Export rules")
    expression = CharField(allow_null=True, allow_blank=True, default=None, trim_whitespace=False)


class MappingInputSerializer(Serializer):
    target_metaverse_attribute_id = IntegerField(allow_null=True, required=False, help_text="Required on import rules")
    target_connected_system_attribute_id = IntegerField(
        allow_null=True, required=False, help_text="Required on export rules"
    )
    sources = MappingSourceInputSerializer(many=True, allow_empty=False)
    priority = IntegerField(
        min_value=1, allow_null=True, required=False, help_text="Import rules: place among the contributors, 1 is best"
    )
    null_is_value = BooleanField(required=False)
    initial_only = BooleanField(required=False)

    def wanted(self) -> MappingInput:
        """What is sent, on top of what the mapping is when there is one."""
        current = _current_fields(self.instance) if self.instance is not None else _NOTHING
        values = current | self.validated_data
        sources = tuple(SourceInput(**source) for source in values.pop("sources"))
        return MappingInput(sources=sources, **values)


_NOTHING: dict[str, Any] = {"target_metaverse_attribute_id": None, "target_connected_system_attribute_id": None}


def _current_fields(mapping: SyncRuleMapping) -> dict[str, Any]:
    return {
        "target_metaverse_attribute_id": mapping.target_metaverse_attribute_id,
        "target_connected_system_attribute_id": mapping.target_attribute_id,
        "null_is_value": mapping.null_is_value,
        "initial_only": mapping.initial_only,
    }
