"""Shapes of service settings; a setting's value is always text."""

from jim.api.fields import BooleanField, CharField, ChoiceField
from jim.api.serializers import Serializer
from synchronisation.service_settings import Category, ValueType


class ServiceSettingSerializer(Serializer):
    """Of a `SettingState`."""

    key = CharField(source="setting.key")
    display_name = CharField(source="setting.display_name")
    description = CharField(source="setting.description", allow_null=True)
    category = ChoiceField(source="setting.category", choices=[category.value for category in Category])
    value_type = ChoiceField(source="setting.value_type", choices=[kind.value for kind in ValueType])
    default_value = CharField(source="setting.default", allow_null=True)
    value = CharField(allow_null=True, help_text="What replaces the default, null when nothing does")
    effective_value = CharField(allow_null=True)
    is_read_only = BooleanField(source="setting.read_only")
    is_overridden = BooleanField()


class ServiceSettingUpdateSerializer(Serializer):
    value = CharField(
        allow_null=True, allow_blank=True, trim_whitespace=False, help_text="Always text; null clears the override"
    )
