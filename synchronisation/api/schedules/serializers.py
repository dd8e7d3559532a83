"""Shapes of schedules, their steps and their executions."""

import re
from typing import Any

from rest_framework.exceptions import ValidationError
from rest_framework.serializers import SerializerMethodField

from activities.models import ActivityStatus
from jim.api.fields import BooleanField, CharField, ChoiceField, DateTimeField, IntegerField, UUIDField
from jim.api.serializers import ModelSerializer, Serializer
from synchronisation.models import (
    IntervalUnit,
    PatternType,
    Schedule,
    ScheduleExecution,
    ScheduleStep,
    StepMode,
    StepStatus,
    StepType,
    TriggerType,
)
from synchronisation.services.schedules import SECRET_SHOWN

CLOCK = r"([01]\d|2[0-3]):[0-5]\d"
DAYS_OF_WEEK = re.compile(r"[0-6](,[0-6])*")
RUN_TIMES = re.compile(rf"{CLOCK}(,{CLOCK})*", re.ASCII)
CLOCK_TIME = re.compile(CLOCK, re.ASCII)


class PatternField(CharField):
    """Text of one form. expected: what to write."""

    def __init__(self, *, pattern: re.Pattern[str], expected: str, **kwargs: Any) -> None:
        self.pattern, self.expected = pattern, expected
        super().__init__(allow_null=True, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if self.pattern.fullmatch(text) is None:
            raise ValidationError(self.expected)
        return text


class ScheduleSummarySerializer(ModelSerializer):
    step_count = IntegerField(read_only=True, min_value=0)

    class Meta:
        model = Schedule
        fields: tuple[str, ...] = (
            "id",
            "name",
            "description",
            "trigger_type",
            "cron_expression",
            "pattern_type",
            "days_of_week",
            "run_times",
            "interval_value",
            "interval_unit",
            "interval_window_start",
            "interval_window_end",
            "is_enabled",
            "last_run_time",
            "next_run_time",
            "step_count",
            "created",
            "last_updated",
        )
        read_only_fields = fields


class ScheduleStepSerializer(ModelSerializer):
    connected_system_id = IntegerField(source="system_id", read_only=True, allow_null=True)
    run_profile_id = IntegerField(read_only=True, allow_null=True)
    sql_connection_string = SerializerMethodField(
        help_text=f"{SECRET_SHOWN} when one is set; sent back with the step's id, it stays what it is"
    )

    class Meta:
        model = ScheduleStep
        fields = read_only_fields = (
            "id",
            "step_index",
            "name",
            "execution_mode",
            "step_type",
            "continue_on_failure",
            "timeout_seconds",
            "connected_system_id",
            "run_profile_id",
            "script_path",
            "arguments",
            "executable_path",
            "working_directory",
            "sql_connection_string",
            "sql_script_path",
        )

    def get_sql_connection_string(self, step: ScheduleStep) -> str | None:
        return None if step.encrypted_sql_connection_string is None else SECRET_SHOWN


class ScheduleSerializer(ScheduleSummarySerializer):
    steps = ScheduleStepSerializer(many=True, read_only=True)

    class Meta(ScheduleSummarySerializer.Meta):
        fields = read_only_fields = (*ScheduleSummarySerializer.Meta.fields, "steps")


def _optional_text(length: int, **kwargs: Any) -> CharField:
    return CharField(max_length=length, allow_null=True, allow_blank=True, required=False, **kwargs)


class ScheduleStepInputSerializer(Serializer):
    id = UUIDField(allow_null=True, required=False, help_text="Keeps an existing step's identity on update")
    step_index = IntegerField(min_value=0)
    name = _optional_text(200)
    execution_mode = ChoiceField(choices=StepMode.choices, required=False)
    step_type = ChoiceField(choices=StepType.choices)
    continue_on_failure = BooleanField(required=False)
    timeout_seconds = IntegerField(min_value=1, max_value=86_400, allow_null=True, required=False)
    connected_system_id = IntegerField(source="system_id", allow_null=True, required=False, help_text="RunProfile")
    run_profile_id = IntegerField(allow_null=True, required=False, help_text="RunProfile")
    script_path = _optional_text(500, help_text="PowerShell")
    arguments = _optional_text(2000, help_text="PowerShell, Executable")
    executable_path = _optional_text(500, help_text="Executable")
    working_directory = _optional_text(500, help_text="Executable")
    sql_connection_string = _optional_text(500, help_text="SqlScript")
    sql_script_path = _optional_text(500, help_text="SqlScript")


class ScheduleUpdateSerializer(Serializer):
    """Omitted fields keep their values; steps, when sent, replace every step."""

    name = CharField(max_length=200, required=False)
    description = _optional_text(1000)
    trigger_type = ChoiceField(choices=TriggerType.choices, required=False)
    pattern_type = ChoiceField(choices=PatternType.choices, required=False)
    days_of_week = PatternField(
        pattern=DAYS_OF_WEEK,
        expected="Write days as digits from 0, Sunday, to 6, separated by commas.",
        required=False,
        help_text="0 is Sunday; none means every day",
    )
    run_times = PatternField(
        pattern=RUN_TIMES,
        expected="Write times of day as HH:mm, separated by commas.",
        required=False,
        help_text="SpecificTimes; UTC",
    )
    interval_value = IntegerField(
        min_value=1, max_value=59, allow_null=True, required=False, help_text="Interval; counted anew each day"
    )
    interval_unit = ChoiceField(choices=IntervalUnit.choices, allow_null=True, required=False)
    interval_window_start = PatternField(
        pattern=CLOCK_TIME, expected="Write a time of day as HH:mm.", required=False, help_text="Interval; UTC"
    )
    interval_window_end = PatternField(
        pattern=CLOCK_TIME, expected="Write a time of day as HH:mm.", required=False, help_text="Interval; UTC"
    )
    cron_expression = CharField(
        allow_null=True, allow_blank=True, max_length=500, required=False, help_text="Custom; derived otherwise"
    )
    is_enabled = BooleanField(required=False)
    steps = ScheduleStepInputSerializer(many=True, required=False)


class ScheduleCreateSerializer(ScheduleUpdateSerializer):
    name = CharField(max_length=200)
    interval_unit = ChoiceField(choices=IntervalUnit.choices, required=False)


class ScheduleRunResultSerializer(Serializer):
    execution_id = UUIDField(help_text="Poll the schedule executions endpoints with it")
    message = CharField()


class ScheduleExecutionSerializer(ModelSerializer):
    schedule_name = CharField(read_only=True, help_text="When it was started")

    class Meta:
        model = ScheduleExecution
        fields: tuple[str, ...] = (
            "id",
            "schedule_id",
            "schedule_name",
            "status",
            "current_step_index",
            "total_steps",
            "queued_at",
            "started_at",
            "completed_at",
            "initiated_by_type",
            "initiated_by_id",
            "initiated_by_name",
            "error_message",
        )
        read_only_fields = fields


class ScheduleExecutionStepSerializer(Serializer):
    """Of a `StepProgress`."""

    step_index = IntegerField(source="step.step_index")
    name = CharField(source="step.name")
    step_type = ChoiceField(source="step.step_type", choices=StepType.choices)
    execution_mode = ChoiceField(source="step.execution_mode", choices=StepMode.choices)
    connected_system_id = IntegerField(source="step.connected_system_id", allow_null=True)
    status = ChoiceField(choices=StepStatus.choices)
    task_id = UUIDField(source="run.task_id", allow_null=True, default=None)
    started_at = DateTimeField(source="run.executed", allow_null=True, default=None)
    completed_at = DateTimeField(allow_null=True)
    error_message = CharField(source="problem", allow_null=True)
    activity_id = UUIDField(source="run.pk", allow_null=True, default=None)
    activity_status = ChoiceField(source="run.status", choices=ActivityStatus.choices, allow_null=True, default=None)


class ScheduleExecutionDetailSerializer(ScheduleExecutionSerializer):
    steps = ScheduleExecutionStepSerializer(source="progress", many=True, read_only=True)

    class Meta(ScheduleExecutionSerializer.Meta):
        fields = read_only_fields = (*ScheduleExecutionSerializer.Meta.fields, "steps")
