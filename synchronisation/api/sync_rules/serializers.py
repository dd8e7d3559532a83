"""Shapes of synchronisation rules."""

from rest_framework.exceptions import ValidationError

from jim.api.fields import BooleanField, CharField, ChoiceField, IntegerField
from jim.api.serializers import ModelSerializer, Serializer
from synchronisation.models import (
    ConnectedSystem,
    DeprovisionAction,
    Direction,
    MetaverseObjectType,
    ObjectType,
    OutOfScopeAction,
    SyncRule,
)


class SyncRuleSerializer(ModelSerializer):
    connected_system_id = IntegerField(source="system_id", read_only=True)
    connected_system_name = CharField(source="system.name", read_only=True)
    connected_system_object_type_id = IntegerField(source="object_type_id", read_only=True)
    connected_system_object_type_name = CharField(source="object_type.name", read_only=True)
    metaverse_object_type_id = IntegerField(read_only=True)
    metaverse_object_type_name = CharField(source="metaverse_object_type.name", read_only=True)

    class Meta:
        model = SyncRule
        fields = read_only_fields = (
            "id",
            "name",
            "created",
            "connected_system_id",
            "connected_system_name",
            "connected_system_object_type_id",
            "connected_system_object_type_name",
            "metaverse_object_type_id",
            "metaverse_object_type_name",
            "direction",
            "project_to_metaverse",
            "provision_to_connected_system",
            "enabled",
            "enforce_state",
            "inbound_out_of_scope_action",
            "outbound_deprovision_action",
        )


class SyncRuleUpdateSerializer(Serializer):
    name = CharField(max_length=200, required=False)
    enabled = BooleanField(required=False)
    project_to_metaverse = BooleanField(allow_null=True, required=False, help_text="Import rules only")
    provision_to_connected_system = BooleanField(allow_null=True, required=False, help_text="Export rules only")
    enforce_state = BooleanField(required=False, help_text="Acts on export rules only")
    inbound_out_of_scope_action = ChoiceField(choices=OutOfScopeAction.choices, required=False)
    outbound_deprovision_action = ChoiceField(choices=DeprovisionAction.choices, required=False)


class SyncRuleCreateSerializer(SyncRuleUpdateSerializer):
    name = CharField(max_length=200)
    connected_system_id = IntegerField(source="system_id")
    connected_system_object_type_id = IntegerField(source="object_type_id")
    metaverse_object_type_id = IntegerField()
    direction = ChoiceField(choices=Direction.choices)

    def validate_connected_system_id(self, pk: int) -> int:
        if not ConnectedSystem.objects.filter(pk=pk).exists():
            raise ValidationError(f"There is no connected system {pk}.")
        return pk

    def validate_connected_system_object_type_id(self, pk: int) -> int:
        if not ObjectType.objects.filter(pk=pk).exists():
            raise ValidationError(f"There is no object type {pk}.")
        return pk

    def validate_metaverse_object_type_id(self, pk: int) -> int:
        if not MetaverseObjectType.objects.filter(pk=pk).exists():
            raise ValidationError(f"There is no metaverse object type {pk}.")
        return pk
