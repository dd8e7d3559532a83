"""Shapes of scoping criteria and their groups."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import SerializerMethodField

from jim.api.fields import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    IntegerField,
    LongIntegerField,
    UUIDField,
)
from jim.api.serializers import ModelSerializer, Serializer
from synchronisation.api.values import StoredDateTimeField, StoredGuidField, typed_fields
from synchronisation.models import (
    AttributeType,
    ComparisonType,
    ScopingCriteriaGroup,
    ScopingCriterion,
    ScopingGroupType,
)
from synchronisation.services.scoping_checks import FIELD_OF_TYPE, CriterionInput

VALUE_FIELDS = frozenset(FIELD_OF_TYPE.values())


class ScopingCriterionSerializer(ModelSerializer):
    metaverse_attribute_id = IntegerField(read_only=True, allow_null=True)
    metaverse_attribute_name = CharField(
        source="metaverse_attribute.name", default=None, read_only=True, allow_null=True
    )
    connected_system_attribute_id = IntegerField(source="attribute_id", read_only=True, allow_null=True)
    connected_system_attribute_name = CharField(source="attribute.name", default=None, read_only=True, allow_null=True)
    attribute_data_type = ChoiceField(choices=AttributeType, source="compared.type", read_only=True)
    string_value = CharField(source="shown.string_value", read_only=True, allow_null=True)
    int_value = LongIntegerField(
        source="shown.int_value", read_only=True, allow_null=True, help_text="Also holds LongNumber values"
    )
    decimal_value = CharField(
        source="shown.decimal_value", read_only=True, allow_null=True, help_text="Exact, up to 38 digits"
    )
    date_time_value = StoredDateTimeField(source="shown.date_time_value", read_only=True, allow_null=True)
    bool_value = BooleanField(source="shown.bool_value", read_only=True, allow_null=True)
    guid_value = StoredGuidField(source="shown.guid_value", read_only=True, allow_null=True)

    class Meta:
        model = ScopingCriterion
        fields = read_only_fields = (
            "id",
            "metaverse_attribute_id",
            "metaverse_attribute_name",
            "connected_system_attribute_id",
            "connected_system_attribute_name",
            "attribute_data_type",
            "comparison_type",
            "string_value",
            "int_value",
            "decimal_value",
            "date_time_value",
            "bool_value",
            "guid_value",
            "case_sensitive",
        )

    def to_representation(self, instance: Any) -> dict[str, Any]:
        instance.shown = shown = dict(typed_fields(instance.compared.type, instance.value))
        if shown["long_value"] is not None:
            shown["int_value"] = shown["long_value"]
        return super().to_representation(instance)


class ScopingCriteriaGroupSerializer(ModelSerializer):
    """Of a group whose children are set (`models.nested_groups`)."""

    criteria = ScopingCriterionSerializer(many=True, read_only=True)
    child_groups = SerializerMethodField()

    class Meta:
        model = ScopingCriteriaGroup
        fields = read_only_fields = ("id", "type", "position", "criteria", "child_groups")

    @extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/ScopingCriteriaGroup"}})
    def get_child_groups(self, group: ScopingCriteriaGroup) -> list[dict[str, Any]]:
        return [self.to_representation(child) for child in group.children]


class ScopingCriteriaGroupCreateSerializer(Serializer):
    type = ChoiceField(choices=ScopingGroupType)
    position = IntegerField(min_value=0, default=0)


class ScopingCriteriaGroupUpdateSerializer(Serializer):
    type = ChoiceField(choices=ScopingGroupType, required=False)
    position = IntegerField(min_value=0, required=False)


class ScopingCriterionCreateSerializer(Serializer):
    """One attribute of the side the rule reads, and the one value field for its type."""

    metaverse_attribute_id = IntegerField(allow_null=True, default=None, help_text="Export rules")
    connected_system_attribute_id = IntegerField(allow_null=True, default=None, help_text="Import rules")
    comparison_type = ChoiceField(choices=ComparisonType)
    string_value = CharField(
        allow_null=True,
        allow_blank=True,
        trim_whitespace=False,
        required=False,
        help_text="To equal the empty text is to have no value",
    )
    int_value = LongIntegerField(allow_null=True, required=False, help_text="Also holds LongNumber values")
    decimal_value = CharField(allow_null=True, required=False, help_text="Exact, up to 38 digits")
    date_time_value = DateTimeField(allow_null=True, required=False)
    bool_value = BooleanField(allow_null=True, required=False)
    guid_value = UUIDField(allow_null=True, required=False)
    case_sensitive = BooleanField(default=True)

    def wanted(self) -> CriterionInput:
        sent = self.validated_data
        values = {name: sent[name] for name in VALUE_FIELDS & sent.keys() if sent[name] is not None}
        return CriterionInput(values=values, **{name: sent[name] for name in sent.keys() - VALUE_FIELDS})
