"""Shapes of the metaverse's schema."""

from datetime import timedelta

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import SerializerMethodField

from jim.api.fields import BooleanField, CharField, ChoiceField, IntegerField, TimeSpanField, UniqueListField
from jim.api.serializers import ModelSerializer, NamedReferenceSerializer, Serializer
from synchronisation.models import (
    AttributeType,
    DeletionRule,
    MetaverseAttribute,
    MetaverseObjectType,
    Plurality,
    SyncRuleMapping,
)


class MetaverseObjectTypeHeaderSerializer(ModelSerializer):
    sometimes_absent = ("objectCount",)

    deletion_trigger_connected_system_ids = SerializerMethodField()
    object_count = IntegerField(read_only=True, help_text="Sent when includeChildObjects is true")

    class Meta:
        model = MetaverseObjectType
        fields: tuple[str, ...] = (
            "id",
            "name",
            "plural_name",
            "created",
            "built_in",
            "icon",
            "deletion_rule",
            "deletion_grace_period",
            "deletion_trigger_connected_system_ids",
            "object_count",
        )
        read_only_fields = fields

    def get_deletion_trigger_connected_system_ids(self, object_type: MetaverseObjectType) -> list[int]:
        return sorted(system.pk for system in object_type.deletion_trigger_systems.all())


class MetaverseAttributeSummarySerializer(ModelSerializer):
    attribute_plurality = ChoiceField(source="plurality", choices=Plurality.choices, read_only=True)

    class Meta:
        model = MetaverseAttribute
        fields: tuple[str, ...] = ("id", "name", "type", "attribute_plurality", "built_in")
        read_only_fields = fields


class MetaverseObjectTypeSerializer(MetaverseObjectTypeHeaderSerializer):
    attributes = MetaverseAttributeSummarySerializer(many=True, read_only=True)

    class Meta(MetaverseObjectTypeHeaderSerializer.Meta):
        fields = read_only_fields = (*MetaverseObjectTypeHeaderSerializer.Meta.fields, "attributes")


class MetaverseAttributeSerializer(MetaverseAttributeSummarySerializer):
    object_types = NamedReferenceSerializer(many=True, read_only=True)

    class Meta(MetaverseAttributeSummarySerializer.Meta):
        fields = read_only_fields = (
            *MetaverseAttributeSummarySerializer.Meta.fields,
            "created",
            "object_types",
            "searchable",
        )


class SearchableSerializer(Serializer):
    searchable = BooleanField(help_text="Objects are found by the attribute's value at once, through an index")


class MetaverseObjectTypeCreateSerializer(Serializer):
    name = CharField(max_length=200)
    plural_name = CharField(max_length=200)
    icon = CharField(max_length=100, allow_null=True, required=False)


class MetaverseObjectTypeUpdateSerializer(Serializer):
    deletion_rule = ChoiceField(choices=DeletionRule.choices, required=False)
    deletion_grace_period = TimeSpanField(allow_null=True, required=False, help_text="Null or 00:00:00 deletes at once")
    deletion_trigger_connected_system_ids = UniqueListField(
        child=IntegerField(), required=False, help_text="Required for WhenAuthoritativeSourceDisconnected"
    )

    def validate_deletion_grace_period(self, period: timedelta | None) -> timedelta | None:
        if period is not None and period < timedelta(0):
            raise ValidationError("A grace period cannot be negative.")
        return period


class MetaverseAttributeCreateSerializer(Serializer):
    name = CharField(max_length=200)
    type = ChoiceField(choices=AttributeType.choices)
    attribute_plurality = ChoiceField(source="plurality", choices=Plurality.choices, default=Plurality.SINGLE_VALUED)
    object_type_ids = UniqueListField(child=IntegerField(), default=list)


class MetaverseAttributeUpdateSerializer(Serializer):
    name = CharField(max_length=200, required=False)
    type = ChoiceField(choices=AttributeType.choices, required=False)
    attribute_plurality = ChoiceField(source="plurality", choices=Plurality.choices, required=False)
    object_type_ids = UniqueListField(child=IntegerField(), required=False, help_text="Replaces all mappings")


class ContributorSerializer(ModelSerializer):
    """An import mapping that writes the attribute."""

    mapping_id = IntegerField(source="pk")
    sync_rule_name = CharField(source="rule.name", read_only=True)
    connected_system_name = CharField(source="rule.system.name", read_only=True)

    class Meta:
        model = SyncRuleMapping
        fields = ("mapping_id", "sync_rule_name", "connected_system_name", "priority", "null_is_value")
        read_only_fields = ("priority", "null_is_value")
