"""Base serializers: fields are declared in snake_case and served in camelCase.

A field `role_ids` is sent and answered as `roleIds`, reads the attribute `role_ids` unless `source` says otherwise, and
is checked by `validate_role_ids`. drf-spectacular sees the served names.
"""

from django.db import models
from rest_framework import serializers

from jim.api import fields
from jim.api.errors import ErrorCode
from jim.api.names import camel_case


class Serializer(serializers.Serializer):
    """Base of shapes."""

    def get_fields(self) -> dict[str, serializers.Field]:
        return {self._serve(name, field): field for name, field in super().get_fields().items()}

    def _serve(self, name: str, field: serializers.Field) -> str:
        """The served name; what DRF derives from a field's name keeps being derived from our own."""
        served = camel_case(name)
        if served == name:
            return served
        if isinstance(field, serializers.SerializerMethodField):
            field.method_name = field.method_name or f"get_{name}"
        elif field.source is None:
            field.source = name
        if check := getattr(self, f"validate_{name}", None):
            setattr(self, f"validate_{served}", check)
        return served


class ModelSerializer(Serializer, serializers.ModelSerializer):
    """A shape taken from a model; its fields are the strict ones."""

    serializer_field_mapping = serializers.ModelSerializer.serializer_field_mapping | {
        models.AutoField: fields.IntegerField,
        models.SmallIntegerField: fields.IntegerField,
        models.IntegerField: fields.IntegerField,
        models.BigIntegerField: fields.LongIntegerField,
        models.BooleanField: fields.BooleanField,
        models.CharField: fields.CharField,
        models.TextField: fields.CharField,
        models.URLField: fields.CharField,
        models.UUIDField: fields.UUIDField,
        models.DateTimeField: fields.DateTimeField,
        models.DurationField: fields.TimeSpanField,
    }
    serializer_choice_field = fields.ChoiceField


class NamedReferenceSerializer(Serializer):
    """Id and name of a configuration object."""

    id = fields.IntegerField(read_only=True)
    name = fields.CharField(read_only=True)


class ErrorSerializer(Serializer):
    """Body of every answer that is not a success."""

    code = fields.ChoiceField(choices=[code.value for code in ErrorCode])
    message = fields.CharField()
    details = fields.CharField(allow_null=True)
    validation_errors = serializers.DictField(
        child=serializers.ListField(child=fields.CharField()),
        allow_null=True,
        help_text="Messages by field name, as the client sent it",
    )
    timestamp = fields.DateTimeField()
