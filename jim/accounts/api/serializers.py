"""Shapes of API keys and roles."""

from typing import Any

from rest_framework.exceptions import ValidationError

from jim.accounts.models import ApiKey, Role
from jim.api.fields import BooleanField, CharField, DateTimeField, IntegerField, UniqueListField
from jim.api.serializers import ModelSerializer, Serializer


class RoleSerializer(ModelSerializer):
    static_member_count = IntegerField(read_only=True)

    class Meta:
        model = Role
        fields = read_only_fields = ["id", "name", "built_in", "created", "static_member_count"]


class ApiKeyRoleSerializer(ModelSerializer):
    class Meta:
        model = Role
        fields = read_only_fields = ["id", "name", "built_in"]


class ApiKeySerializer(ModelSerializer):
    created_at = DateTimeField(source="created", read_only=True)
    expires_at = DateTimeField(source="expires", read_only=True, allow_null=True)
    last_used_at = DateTimeField(source="last_used", read_only=True, allow_null=True)
    last_used_from_ip = CharField(source="last_used_ip", read_only=True, allow_null=True)
    roles = ApiKeyRoleSerializer(many=True, read_only=True)

    class Meta:
        model = ApiKey
        fields = read_only_fields = [
            "id",
            "name",
            "description",
            "key_prefix",
            "created_at",
            "expires_at",
            "last_used_at",
            "last_used_from_ip",
            "is_enabled",
            "roles",
        ]


class ApiKeyCreatedSerializer(ApiKeySerializer):
    key = CharField(read_only=True, help_text="The full key, returned this once")

    class Meta(ApiKeySerializer.Meta):
        fields = read_only_fields = [*ApiKeySerializer.Meta.fields, "key"]


class ApiKeyCreateSerializer(Serializer):
    name = CharField(max_length=200)
    description = CharField(max_length=1000, allow_null=True, allow_blank=True, default=None)
    role_ids = UniqueListField(child=IntegerField(), default=list)
    expires_at = DateTimeField(source="expires", allow_null=True, default=None)

    def validate_role_ids(self, ids: list[int]) -> list[Role]:
        roles = list(Role.objects.filter(pk__in=ids))
        unknown = sorted(set(ids) - {role.pk for role in roles})
        if unknown:
            raise ValidationError(f"There is no role {', '.join(map(str, unknown))}.")
        return roles

    def create(self, validated_data: dict[str, Any]) -> ApiKey:
        """validated_data: with `key_prefix` and `key_hash` from the view."""
        roles = validated_data.pop("role_ids")
        row = ApiKey.objects.create(**validated_data)
        row.roles.set(roles)
        return row


class ApiKeyUpdateSerializer(ApiKeyCreateSerializer):
    """A full replacement: an omitted description or expiresAt becomes null."""

    role_ids = UniqueListField(child=IntegerField())
    is_enabled = BooleanField()

    def update(self, instance: ApiKey, validated_data: dict[str, Any]) -> ApiKey:
        instance.roles.set(validated_data.pop("role_ids"))
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save(update_fields=list(validated_data))
        return instance
