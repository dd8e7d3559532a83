from types import SimpleNamespace
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import SerializerMethodField

from jim.accounts.models import ApiKey
from jim.api.fields import BooleanField, CharField, DateTimeField, IntegerField
from jim.api.serializers import ModelSerializer, Serializer


class Sample(Serializer):
    name = CharField()
    max_count = IntegerField()
    renamed_one = CharField(source="other", required=False)
    shouted_name = SerializerMethodField()

    def get_shouted_name(self, instance: Any) -> str:
        return str(instance.name).upper()

    def validate_max_count(self, value: int) -> int:
        if value > 10:
            raise ValidationError("At most 10.")
        return value


def test_serializer_answers_camel_case_from_snake_case_attributes() -> None:
    row = SimpleNamespace(name="a", max_count=1, other="b")
    assert Sample(row).data == {"name": "a", "maxCount": 1, "renamedOne": "b", "shoutedName": "A"}


def test_serializer_reads_camel_case_into_snake_case() -> None:
    serializer = Sample(data={"name": "a", "maxCount": 1, "renamedOne": "b", "unknown": 1})
    assert serializer.is_valid()
    assert serializer.validated_data == {"name": "a", "max_count": 1, "other": "b"}


def test_serializer_does_not_take_snake_case() -> None:
    serializer = Sample(data={"name": "a", "max_count": 1})
    assert not serializer.is_valid()
    assert set(serializer.errors) == {"maxCount"}


def test_serializer_calls_the_check_of_a_renamed_field() -> None:
    serializer = Sample(data={"name": "a", "maxCount": 11})
    assert not serializer.is_valid()
    assert serializer.errors == {"maxCount": ["At most 10."]}


def test_model_serializer_builds_strict_fields() -> None:
    class KeySerializer(ModelSerializer):
        class Meta:
            model = ApiKey
            fields = ["is_enabled", "description", "expires"]

    fields = KeySerializer().fields
    assert {name: type(field) for name, field in fields.items()} == {
        "isEnabled": BooleanField,
        "description": CharField,
        "expires": DateTimeField,
    }
