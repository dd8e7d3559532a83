"""Shapes of activities, their statistics, progress and execution items.

Always: rows of activities come from `activities_with_progress`. Counters are turned into fields here, by
`activities.statistics`, so that the same numbers mean the same everywhere.
"""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework.fields import Field
from rest_framework.serializers import FloatField, SerializerMethodField

from activities.attribute_changes import OPERATIONS
from activities.models import (
    Activity,
    ActivityStatus,
    ErrorType,
    ObjectChangeType,
    OperationType,
    OutcomeType,
    RunType,
    TargetType,
)
from activities.statistics import STATS_FIELDS, SUMMARY_SOURCES, statistics, summary_totals
from jim.api.fields import AnyField, CharField, ChoiceField, IntegerField, TimeSpanField, UUIDField
from jim.api.names import camel_case
from jim.api.serializers import ModelSerializer, Serializer


class ActivityStatsSerializer(Serializer):
    """What `statistics` returns."""

    def get_fields(self) -> dict[str, Field]:
        return {camel_case(name): IntegerField(read_only=True, source=name, min_value=0) for name in STATS_FIELDS}


class ActivitySummarySerializer(ModelSerializer):
    target_operation_type = ChoiceField(choices=OperationType, source="operation_type", read_only=True)
    connected_system_run_type = ChoiceField(choices=RunType, source="run_type", read_only=True, allow_null=True)
    objects_to_process = IntegerField(read_only=True)
    objects_processed = IntegerField(read_only=True)
    execution_time = TimeSpanField(read_only=True, allow_null=True)
    total_activity_time = TimeSpanField(read_only=True, allow_null=True)
    child_activity_count = IntegerField(read_only=True)

    class Meta:
        model = Activity
        fields = read_only_fields = [
            "id",
            "created",
            "executed",
            "status",
            "target_type",
            "target_operation_type",
            "target_name",
            "target_context",
            "message",
            "initiated_by_type",
            "initiated_by_id",
            "initiated_by_name",
            "objects_to_process",
            "objects_processed",
            "execution_time",
            "total_activity_time",
            "connected_system_run_type",
            "child_activity_count",
        ]

    def get_fields(self) -> dict[str, Field]:
        totals = {
            camel_case(name): IntegerField(read_only=True, source=f"totals.{name}", min_value=0)
            for name in SUMMARY_SOURCES
        }
        return super().get_fields() | totals

    def to_representation(self, instance: Any) -> dict[str, Any]:
        instance.totals = summary_totals(instance.counters or {})
        return super().to_representation(instance)


class ActivitySerializer(ActivitySummarySerializer):
    parent_activity_id = UUIDField(source="parent_id", read_only=True, allow_null=True)
    connected_system_run_profile_id = IntegerField(source="run_profile_id", read_only=True, allow_null=True)
    execution_stats = ActivityStatsSerializer(read_only=True, allow_null=True)

    class Meta(ActivitySummarySerializer.Meta):
        fields = read_only_fields = [
            *ActivitySummarySerializer.Meta.fields,
            "parent_activity_id",
            "warning_message",
            "error_message",
            "error_stack_trace",
            "connected_system_id",
            "connected_system_run_profile_id",
            "sync_rule_id",
            "metaverse_object_id",
            "execution_stats",
        ]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        is_run = instance.target_type == TargetType.RUN_PROFILE
        instance.execution_stats = statistics(instance.counters or {}, instance.run_type) if is_run else None
        return super().to_representation(instance)


class ActivityProgressSerializer(Serializer):
    """What `progress_of` returns."""

    status = ChoiceField(choices=ActivityStatus, read_only=True)
    phase = CharField(read_only=True, allow_null=True)
    phase_index = IntegerField(read_only=True, allow_null=True, help_text="From 0")
    phase_count = IntegerField(read_only=True, allow_null=True)
    objects_processed = IntegerField(read_only=True, help_text="In this phase")
    objects_to_process = IntegerField(read_only=True, allow_null=True)
    percent = FloatField(read_only=True, allow_null=True, help_text="Of this phase")
    objects_per_second = FloatField(read_only=True, allow_null=True)
    seconds_remaining = FloatField(read_only=True, allow_null=True, help_text="Of this phase")


class ExecutionItemSerializer(Serializer):
    id = UUIDField(read_only=True)
    external_id_value = CharField(source="external_id", read_only=True, allow_null=True)
    display_name = CharField(read_only=True, allow_null=True)
    connected_system_object_type = CharField(source="object_type", read_only=True, allow_null=True)
    object_change_type = ChoiceField(choices=ObjectChangeType, source="change_type", read_only=True)
    error_type = ChoiceField(choices=ErrorType, read_only=True, allow_null=True)
    outcome_summary = CharField(read_only=True, allow_null=True, help_text="Comma-separated Type:count pairs")


class OutcomeSerializer(Serializer):
    """A node as `ExecutionItemDetail.outcomes` keeps it, where what is empty is left out."""

    type = ChoiceField(choices=OutcomeType)
    count = IntegerField(min_value=1)
    target_system_name = CharField(allow_null=True)
    sync_rule_name = CharField(allow_null=True)
    pending_export_id = UUIDField(allow_null=True)
    children = SerializerMethodField()

    @extend_schema_field({"type": "array", "items": {"$ref": "#/components/schemas/Outcome"}})
    def get_children(self, node: dict[str, Any]) -> list[dict[str, Any]]:
        return [self.to_representation(child) for child in node.get("children", ())]

    def to_representation(self, instance: dict[str, Any]) -> dict[str, Any]:
        """The node has its served names already."""
        return {str(name): instance.get(str(name)) for name in self.fields} | {"children": self.get_children(instance)}


class AttributeChangeSerializer(Serializer):
    attribute_name = CharField()
    operation = ChoiceField(choices=OPERATIONS)
    old_value = AnyField(allow_null=True)
    new_value = AnyField(allow_null=True)


class ExecutionItemWithDetailSerializer(ExecutionItemSerializer):
    """With the `outcomes` and `attribute_changes` that the view attaches."""

    error_message = CharField(read_only=True, allow_null=True)
    connected_system_object_id = UUIDField(source="cso_id", read_only=True, allow_null=True)
    metaverse_object_id = UUIDField(source="mvo_id", read_only=True, allow_null=True)
    outcomes = OutcomeSerializer(many=True, read_only=True)
    attribute_changes = AttributeChangeSerializer(many=True, read_only=True)
