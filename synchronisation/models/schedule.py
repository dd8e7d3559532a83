"""Schedules: run profiles in order, started by hand or by the clock, and what became of each start.

Always: an execution has copies of the schedule's name and steps, so that it stays what it was when the schedule
changes or goes. Each of its steps has the id of its run's activity before that run exists: starting a step a second
time finds the id taken.
"""

from django.db import models
from django.db.models import F, Q

from activities.models import new_id

from .connected_system import ConnectedSystem
from .run_profile import RunProfile


class TriggerType(models.TextChoices):
    CRON = "Cron"
    MANUAL = "Manual"


class PatternType(models.TextChoices):
    SPECIFIC_TIMES = "SpecificTimes"
    INTERVAL = "Interval"
    CUSTOM = "Custom"


class IntervalUnit(models.TextChoices):
    MINUTES = "Minutes"
    HOURS = "Hours"


class StepType(models.TextChoices):
    """Only steps of type RunProfile are carried out; the others are kept, and passed over with a warning."""

    RUN_PROFILE = "RunProfile"
    POWER_SHELL = "PowerShell"
    EXECUTABLE = "Executable"
    SQL_SCRIPT = "SqlScript"


class StepMode(models.TextChoices):
    SEQUENTIAL = "Sequential"
    PARALLEL_WITH_PREVIOUS = "ParallelWithPrevious"


class ExecutionStatus(models.TextChoices):
    QUEUED = "Queued"
    IN_PROGRESS = "InProgress"
    COMPLETED = "Completed"
    FAILED = "Failed"
    CANCELLED = "Cancelled"
    PAUSED = "Paused"


ACTIVE = (ExecutionStatus.QUEUED, ExecutionStatus.IN_PROGRESS, ExecutionStatus.PAUSED)


class StepStatus(models.TextChoices):
    """A run's step is Queued and Processing by what its activity says; these two are never stored."""

    PENDING = "Pending"
    QUEUED = "Queued"
    PROCESSING = "Processing"
    WAITING = "Waiting"
    COMPLETED = "Completed"
    COMPLETED_WITH_WARNING = "Completed with Warning"
    COMPLETED_WITH_ERROR = "Completed with Error"
    FAILED = "Failed"
    CANCELLED = "Cancelled"


class ScheduleInitiatorType(models.TextChoices):
    """NotSet: the clock."""

    USER = "User"
    API_KEY = "ApiKey"
    NOT_SET = "NotSet"


class Schedule(models.Model):
    """cron_expression: of a pattern other than Custom, derived; null where no single crontab says the same.

    Clock times are UTC. next_run_time: set while it is enabled and triggered by the clock.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=1000, null=True)
    trigger_type = models.CharField(max_length=6, choices=TriggerType, default=TriggerType.MANUAL)
    pattern_type = models.CharField(max_length=13, choices=PatternType, default=PatternType.SPECIFIC_TIMES)
    days_of_week = models.TextField(null=True)
    run_times = models.TextField(null=True)
    interval_value = models.IntegerField(null=True)
    interval_unit = models.CharField(max_length=7, choices=IntervalUnit, default=IntervalUnit.HOURS, null=True)
    interval_window_start = models.CharField(max_length=5, null=True)
    interval_window_end = models.CharField(max_length=5, null=True)
    cron_expression = models.TextField(null=True)
    is_enabled = models.BooleanField(default=False)
    last_run_time = models.DateTimeField(null=True)
    next_run_time = models.DateTimeField(null=True)
    created = models.DateTimeField(auto_now_add=True)
    last_updated = models.DateTimeField(null=True)

    class Meta:
        db_table = "schedule"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class ScheduleStep(models.Model):
    """position: in the list that was sent, which orders steps of one index.

    system, run_profile: null once they were deleted. encrypted_sql_connection_string: a Fernet token; it may hold a
    password.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    schedule = models.ForeignKey(Schedule, on_delete=models.CASCADE, related_name="steps")
    position = models.IntegerField()
    step_index = models.IntegerField()
    name = models.CharField(max_length=200, null=True)
    execution_mode = models.CharField(max_length=20, choices=StepMode, default=StepMode.SEQUENTIAL)
    step_type = models.CharField(max_length=10, choices=StepType)
    continue_on_failure = models.BooleanField(default=False)
    timeout_seconds = models.IntegerField(null=True)
    system = models.ForeignKey(ConnectedSystem, null=True, on_delete=models.SET_NULL, related_name="+")
    run_profile = models.ForeignKey(RunProfile, null=True, on_delete=models.SET_NULL, related_name="+")
    script_path = models.CharField(max_length=500, null=True)
    arguments = models.CharField(max_length=2000, null=True)
    executable_path = models.CharField(max_length=500, null=True)
    working_directory = models.CharField(max_length=500, null=True)
    encrypted_sql_connection_string = models.BinaryField(null=True)
    sql_script_path = models.CharField(max_length=500, null=True)

    class Meta:
        db_table = "schedule_step"
        ordering = ["step_index", "position"]


class ScheduleExecution(models.Model):
    """One start of a schedule. Ids of configuration are plain values: an execution outlives its schedule.

    activity_id: of the start itself, whose children the runs are.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    schedule_id = models.UUIDField()
    schedule_name = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=ExecutionStatus, default=ExecutionStatus.QUEUED)
    current_step_index = models.IntegerField(default=0)
    total_steps = models.IntegerField()
    queued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    completed_at = models.DateTimeField(null=True)
    initiated_by_type = models.CharField(max_length=6, choices=ScheduleInitiatorType)
    initiated_by_id = models.UUIDField(null=True)
    initiated_by_name = models.CharField(max_length=300, null=True)
    error_message = models.TextField(null=True)
    activity_id = models.UUIDField()

    class Meta:
        db_table = "schedule_execution"
        constraints = [
            # "An execution of it is active" is this index; its violation is the 409.
            models.UniqueConstraint(
                fields=["schedule_id"], condition=Q(status__in=ACTIVE), name="schedule_execution_one_active"
            ),
        ]
        indexes = [
            models.Index(F("queued_at").desc(), F("id").desc(), name="schedule_execution_newest"),
            models.Index("schedule_id", F("queued_at").desc(), name="schedule_execution_by_schedule"),
        ]

    def __str__(self) -> str:
        return self.schedule_name


class ScheduleExecutionStep(models.Model):
    """A step as it was when the execution started. status: what is known beside the activity (`StepStatus`)."""

    execution = models.ForeignKey(ScheduleExecution, on_delete=models.CASCADE, related_name="steps")
    position = models.IntegerField()
    step_index = models.IntegerField()
    name = models.CharField(max_length=500)
    step_type = models.CharField(max_length=10, choices=StepType)
    execution_mode = models.CharField(max_length=20, choices=StepMode)
    continue_on_failure = models.BooleanField()
    timeout_seconds = models.IntegerField(null=True)
    connected_system_id = models.IntegerField(null=True)
    run_profile_id = models.IntegerField(null=True)
    activity_id = models.UUIDField(default=new_id)
    status = models.CharField(max_length=22, choices=StepStatus, default=StepStatus.PENDING)
    completed_at = models.DateTimeField(null=True)
    error_message = models.TextField(null=True)

    class Meta:
        db_table = "schedule_execution_step"
        ordering = ["position"]
        constraints = [models.UniqueConstraint("execution", "position", name="schedule_execution_step_once")]
