"""Shapes of API keys, of the caller, and of the settings that people sign in with."""

from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import ListField, URLField

from jim.accounts.models import ApiKey, Role
from jim.api.fields import (
    BooleanField,
    CharField,
    ChoiceField,
    DateTimeField,
    IntegerField,
    UniqueListField,
    UUIDField,
)
from jim.api.serializers import ModelSerializer, Serializer


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


class UserInfoSerializer(Serializer):
    authorised = BooleanField()
    is_administrator = BooleanField()
    name = CharField()
    auth_method = ChoiceField(choices=["oauth", "api_key"])
    metaverse_object_id = UUIDField(allow_null=True)
    roles = ListField(child=CharField(), help_text="Role names")
    message = CharField(allow_null=True, help_text="Sent when authorised is false")


class AuthConfigSerializer(Serializer):
    authority = URLField(allow_null=True)
    client_id = CharField(allow_null=True)
    scopes = ListField(child=CharField())
    response_type = ChoiceField(choices=["code"])
    use_pkce = BooleanField()
    code_challenge_method = ChoiceField(choices=["S256"])
