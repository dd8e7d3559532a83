"""Shapes of a connected system's object types and attributes."""

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import DictField, SerializerMethodField

from jim.api.fields import BooleanField, CharField, ChoiceField, IntegerField, UUIDField
from jim.api.parsing import parse_int32
from jim.api.serializers import ModelSerializer, Serializer
from synchronisation.api.connected_systems.serializers import ObjectTypeSummarySerializer
from synchronisation.models import Attribute, AttributeType, Plurality
from synchronisation.services.attribute_updates import AttributeChange


class ConnectedSystemAttributeSerializer(ModelSerializer):
    attribute_plurality = ChoiceField(source="plurality", choices=Plurality.choices, read_only=True)
    selection_locked = SerializerMethodField(help_text="True for external id attributes")

    class Meta:
        model = Attribute
        fields = read_only_fields = (
            "id",
            "name",
            "description",
            "class_name",
            "created",
            "type",
            "attribute_plurality",
            "selected",
            "is_external_id",
            "is_secondary_external_id",
            "selection_locked",
            "writability",
        )

    def get_selection_locked(self, attribute: Attribute) -> bool:
        return attribute.is_external_id or attribute.is_secondary_external_id


class ObjectTypeSerializer(ObjectTypeSummarySerializer):
    attributes = ConnectedSystemAttributeSerializer(many=True, read_only=True)

    class Meta(ObjectTypeSummarySerializer.Meta):
        fields = read_only_fields = (*ObjectTypeSummarySerializer.Meta.fields, "attributes")


class ObjectTypeUpdateSerializer(Serializer):
    selected = BooleanField(required=False)
    remove_contributed_attributes_on_obsoletion = BooleanField(required=False)


class AttributeUpdateSerializer(Serializer):
    selected = BooleanField(required=False)
    is_external_id = BooleanField(required=False, help_text="True takes it from the type's other attributes")
    is_secondary_external_id = BooleanField(required=False)
    type = ChoiceField(choices=AttributeType.choices, required=False)
    attribute_plurality = ChoiceField(source="plurality", choices=Plurality.choices, required=False)

    @property
    def change(self) -> AttributeChange:
        return AttributeChange(**self.validated_data)


class AttributeBulkUpdateSerializer(Serializer):
    attributes = DictField(child=AttributeUpdateSerializer(), allow_empty=False, help_text="By attribute id")

    def validate_attributes(self, given: dict[str, Any]) -> dict[int, AttributeChange]:
        changes = {}
        for key, fields in given.items():
            try:
                changes[parse_int32(key)] = AttributeChange(**fields)
            except ValueError as exc:
                raise ValidationError({key: ["The key is the id of an attribute: " + str(exc)]}) from exc
        return changes


class AttributeUpdateErrorSerializer(Serializer):
    attribute_id = IntegerField()
    error_message = CharField()


class AttributeBulkResultSerializer(Serializer):
    activity_id = UUIDField()
    updated_count = IntegerField()
    updated_attributes = ConnectedSystemAttributeSerializer(many=True)
    errors = AttributeUpdateErrorSerializer(many=True, allow_null=True)  # type: ignore[assignment]  # a field here
