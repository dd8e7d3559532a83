"""Shapes of matching rules and of the matching mode."""

from dataclasses import replace

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import ListField

from jim.api.fields import BooleanField, CharField, ChoiceField, IntegerField
from jim.api.serializers import ModelSerializer, Serializer
from synchronisation.models import MatchingMode, MatchingRule, MatchingRuleSource, MetaverseObjectType, ObjectType
from synchronisation.services.matching_rules import MatchingRuleInput, MatchingSourceInput, as_input


class MatchingRuleSourceSerializer(ModelSerializer):
    connected_system_attribute_id = IntegerField(source="attribute_id", read_only=True, allow_null=True)
    connected_system_attribute_name = CharField(source="attribute.name", default=None, read_only=True, allow_null=True)
    metaverse_attribute_id = IntegerField(read_only=True, allow_null=True)
    metaverse_attribute_name = CharField(
        source="metaverse_attribute.name", default=None, read_only=True, allow_null=True
    )

    class Meta:
        model = MatchingRuleSource
        fields = read_only_fields = (
            "id",
            "order",
            "connected_system_attribute_id",
            "connected_system_attribute_name",
            "metaverse_attribute_id",
            "metaverse_attribute_name",
        )


class MatchingRuleSerializer(ModelSerializer):
    connected_system_object_type_id = IntegerField(source="object_type_id", read_only=True)
    connected_system_object_type_name = CharField(source="object_type.name", read_only=True)
    metaverse_object_type_id = IntegerField(read_only=True)
    metaverse_object_type_name = CharField(source="metaverse_object_type.name", read_only=True)
    sync_rule_id = IntegerField(read_only=True, allow_null=True, help_text="Advanced mode only")
    target_metaverse_attribute_id = IntegerField(read_only=True)
    target_metaverse_attribute_name = CharField(source="target_metaverse_attribute.name", read_only=True)
    sources = MatchingRuleSourceSerializer(many=True, read_only=True)

    class Meta:
        model = MatchingRule
        fields = read_only_fields = (
            "id",
            "order",
            "connected_system_object_type_id",
            "connected_system_object_type_name",
            "metaverse_object_type_id",
            "metaverse_object_type_name",
            "sync_rule_id",
            "target_metaverse_attribute_id",
            "target_metaverse_attribute_name",
            "sources",
            "case_sensitive",
            "created",
        )


class MatchingRuleSourceInputSerializer(Serializer):
    order = IntegerField(min_value=0, default=0)
    connected_system_attribute_id = IntegerField(allow_null=True, default=None)
    metaverse_attribute_id = IntegerField(allow_null=True, default=None)


class MatchingRuleBaseSerializer(Serializer):
    """What every input has in common. Without an order the rule comes last, or stays where it is."""

    order = IntegerField(min_value=0, required=False)

    def validate_metaverse_object_type_id(self, pk: int) -> int:
        if not MetaverseObjectType.objects.filter(pk=pk).exists():
            raise ValidationError(f"There is no metaverse object type {pk}.")
        return pk

    def validate_sources(self, sources: list[dict[str, int | None]]) -> tuple[MatchingSourceInput, ...]:
        return tuple(MatchingSourceInput(**source) for source in sources)  # type: ignore[arg-type]


class MatchingRuleUpdateSerializer(MatchingRuleBaseSerializer):
    metaverse_object_type_id = IntegerField(required=False, help_text="Simple mode only")
    target_metaverse_attribute_id = IntegerField(required=False)
    sources = MatchingRuleSourceInputSerializer(
        many=True, allow_empty=False, required=False, help_text="Replaces all sources"
    )
    case_sensitive = BooleanField(required=False)

    def changed(self, rule: MatchingRule) -> MatchingRuleInput:
        """The rule as it is to be; in advanced mode the synchronisation rule says what it joins to."""
        values = dict(self.validated_data)
        if rule.sync_rule_id is not None:
            values.pop("metaverse_object_type_id", None)
        return replace(as_input(rule), **values)


class SyncRuleMatchingRuleCreateSerializer(MatchingRuleBaseSerializer):
    target_metaverse_attribute_id = IntegerField()
    sources = MatchingRuleSourceInputSerializer(many=True, allow_empty=False)
    case_sensitive = BooleanField(default=True)

    def wanted(self, metaverse_object_type_id: int) -> MatchingRuleInput:
        values = {name: value for name, value in self.validated_data.items() if name != "object_type"}
        return MatchingRuleInput(**values | {"metaverse_object_type_id": metaverse_object_type_id})


class MatchingRuleCreateSerializer(SyncRuleMatchingRuleCreateSerializer):
    """object types: of the connected system in the path (context `system`), and of the metaverse."""

    connected_system_object_type_id = IntegerField(source="object_type")
    metaverse_object_type_id = IntegerField()

    def validate_connected_system_object_type_id(self, pk: int) -> ObjectType:
        object_type = ObjectType.objects.filter(pk=pk, system=self.context["view"].system).first()
        if object_type is None:
            raise ValidationError(f"The connected system has no object type {pk}.")
        return object_type


class MatchingModeSwitchSerializer(Serializer):
    mode = ChoiceField(choices=MatchingMode.choices)


class MatchingModeSwitchResultSerializer(Serializer):
    connected_system_id = IntegerField()
    mode = ChoiceField(choices=MatchingMode.choices)
    migrated_rule_count = IntegerField()
    removed_rule_count = IntegerField()
    warnings = ListField(child=CharField())
