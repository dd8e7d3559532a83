"""Shapes of run profiles and of their execution."""

from rest_framework.serializers import ListField

from activities.models import RunType
from jim.api.fields import BooleanField, CharField, ChoiceField, IntegerField, UUIDField
from jim.api.serializers import ModelSerializer, Serializer
from synchronisation.models import RunProfile


class RunProfileSerializer(ModelSerializer):
    connected_system_id = IntegerField(source="system_id", read_only=True)
    partition_name = CharField(source="partition.name", read_only=True, allow_null=True, default=None)
    partition_id = IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = RunProfile
        fields = read_only_fields = (
            "id",
            "name",
            "connected_system_id",
            "run_type",
            "page_size",
            "partition_name",
            "file_path",
            "partition_id",
        )


class RunProfileUpdateSerializer(Serializer):
    """The run type cannot change; it is ignored if sent."""

    name = CharField(max_length=200, required=False)
    page_size = IntegerField(min_value=1, max_value=10_000, required=False)
    partition_id = IntegerField(allow_null=True, required=False)
    file_path = CharField(max_length=500, allow_null=True, allow_blank=True, required=False)

    def validate_file_path(self, path: str | None) -> str | None:
        return path or None


class RunProfileCreateSerializer(RunProfileUpdateSerializer):
    name = CharField(max_length=200)
    run_type = ChoiceField(choices=RunType.choices)


class ExecutionOptionsSerializer(Serializer):
    ignore_deletion_threshold = BooleanField(
        default=False, help_text="Lets one run obsolete more objects than the threshold"
    )


class ExecutionResultSerializer(Serializer):
    activity_id = UUIDField(source="activity.pk", help_text="Poll the activities endpoints with it")
    task_id = UUIDField()
    message = CharField()
    warnings = ListField(child=CharField())
