"""Shapes of predefined searches."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import SerializerMethodField

from jim.api.fields import BooleanField, CharField, IntegerField
from jim.api.serializers import ModelSerializer, NamedReferenceSerializer, Serializer
from synchronisation.models import PredefinedSearch, PredefinedSearchAttribute


class PredefinedSearchHeaderSerializer(ModelSerializer):
    metaverse_object_type_name = CharField(source="metaverse_object_type.name", read_only=True)
    metaverse_attribute_count = IntegerField(source="attribute_count", read_only=True)

    class Meta:
        model = PredefinedSearch
        fields = read_only_fields = (
            "id",
            "name",
            "uri",
            "is_enabled",
            "built_in",
            "is_default_for_metaverse_object_type",
            "metaverse_object_type_name",
            "metaverse_attribute_count",
            "created",
        )


class PredefinedSearchAttributeSerializer(ModelSerializer):
    metaverse_attribute_id = IntegerField(source="attribute_id", read_only=True)
    metaverse_attribute_name = CharField(source="attribute.name", read_only=True)

    class Meta:
        model = PredefinedSearchAttribute
        fields = read_only_fields = ("metaverse_attribute_id", "metaverse_attribute_name", "position")


class PredefinedSearchSerializer(ModelSerializer):
    metaverse_object_type = NamedReferenceSerializer(read_only=True)
    attributes = PredefinedSearchAttributeSerializer(source="columns", many=True, read_only=True)
    criteria_groups = SerializerMethodField(help_text="Searches by criteria come later: the type alone decides")

    class Meta:
        model = PredefinedSearch
        fields = read_only_fields = (
            "id",
            "name",
            "uri",
            "is_enabled",
            "built_in",
            "is_default_for_metaverse_object_type",
            "metaverse_object_type",
            "attributes",
            "criteria_groups",
            "created",
        )

    @extend_schema_field({"type": "array", "items": {}, "maxItems": 0})
    def get_criteria_groups(self, search: PredefinedSearch) -> list[Any]:
        return []


class PredefinedSearchUpdateSerializer(Serializer):
    is_enabled = BooleanField(required=False)
