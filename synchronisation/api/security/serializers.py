"""Shapes of roles and their members."""

from jim.accounts.models import Role
from jim.api.fields import CharField, IntegerField
from jim.api.serializers import ModelSerializer
from synchronisation.models import MetaverseObject


class RoleSerializer(ModelSerializer):
    static_member_count = IntegerField(read_only=True, min_value=0)

    class Meta:
        model = Role
        fields = read_only_fields = ("id", "name", "built_in", "created", "static_member_count")


class RoleMemberSerializer(ModelSerializer):
    type_id = IntegerField(read_only=True)
    type_name = CharField(source="type.name", read_only=True)

    class Meta:
        model = MetaverseObject
        fields = read_only_fields = ("id", "display_name", "type_id", "type_name")
