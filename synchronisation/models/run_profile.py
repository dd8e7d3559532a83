"""Run profiles: one operation on one connected system, and the leases a run holds while it works."""

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models.functions import Lower

from activities.models import RunType

from .connected_system import ConnectedSystem, Partition


class RunProfile(models.Model):
    """page_size: upper bound of objects the connector is asked for per call; the engine's own pages differ."""

    system = models.ForeignKey(ConnectedSystem, on_delete=models.CASCADE, related_name="run_profiles")
    name = models.CharField(max_length=200)
    run_type = models.CharField(max_length=24, choices=RunType)
    page_size = models.IntegerField(default=100, validators=[MinValueValidator(1), MaxValueValidator(10_000)])
    partition = models.ForeignKey(Partition, null=True, blank=True, on_delete=models.SET_NULL)
    file_path = models.CharField(max_length=500, null=True, blank=True)

    class Meta:
        db_table = "run_profile"
        ordering = ["id"]
        constraints = [models.UniqueConstraint("system", Lower("name"), name="run_profile_name")]

    def __str__(self) -> str:
        return f"{self.system.name}: {self.name}"


class LeaseMode(models.TextChoices):
    """WAITING: an import that has read waits in place for the resource, shared; younger runs do not overtake it."""

    SHARED = "Shared"
    EXCLUSIVE = "Exclusive"
    WAITING = "Waiting"


class RunLease(models.Model):
    """A run's hold on one resource: "system:ID" or "metaverse" (engine.md section 3).

    fence: taken anew from a sequence at each taking; a worker whose fence is gone cannot commit.
    owner: host and process, for the administrator's eyes. heartbeat: touched every 10 s.
    lease_count: how many leases this fence has; finding fewer means that one was taken away.
    stop_requested: the worker was told to stop, so the run stops at its next page boundary and goes on elsewhere.
    """

    resource = models.CharField(max_length=40)
    activity_id = models.UUIDField()
    mode = models.CharField(max_length=9, choices=LeaseMode)
    fence = models.BigIntegerField()
    owner = models.CharField(max_length=200)
    heartbeat = models.DateTimeField()
    lease_count = models.SmallIntegerField()
    stop_requested = models.BooleanField(default=False)

    class Meta:
        db_table = "run_lease"
        constraints = [models.UniqueConstraint("resource", "activity_id", name="run_lease_once")]


class ScheduledOccurrence(models.Model):
    """One due time of one scheduled run profile; its uniqueness lets two beats start it once."""

    run_profile = models.ForeignKey(RunProfile, on_delete=models.CASCADE)
    due = models.DateTimeField()
    activity_id = models.UUIDField(null=True)

    class Meta:
        db_table = "scheduled_occurrence"
        constraints = [models.UniqueConstraint("run_profile", "due", name="scheduled_occurrence_once")]
