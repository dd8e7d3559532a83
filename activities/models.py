"""Activities: the audit record of every operation, and what a run did to each object.

Always: a run has exactly one activity; an item's place in it is a dense ordinal from 0, so that any page of
items is a range (engine.md section 2). Counters and progress live in a row of their own, so that nothing that
reads an activity waits for a page.
"""

import uuid

from django.db import models
from django.db.models import F, Q
from uuid_utils.compat import uuid7


class ActivityStatus(models.TextChoices):
    IN_PROGRESS = "InProgress"
    COMPLETE = "Complete"
    COMPLETE_WITH_WARNING = "CompleteWithWarning"
    COMPLETE_WITH_ERROR = "CompleteWithError"
    FAILED_WITH_ERROR = "FailedWithError"
    CANCELLED = "Cancelled"


class TargetType(models.TextChoices):
    RUN_PROFILE = "ConnectedSystemRunProfile"
    CONNECTED_SYSTEM = "ConnectedSystem"
    SYNC_RULE = "SyncRule"
    METAVERSE_OBJECT = "MetaverseObject"
    METAVERSE_OBJECT_TYPE = "MetaverseObjectType"
    METAVERSE_ATTRIBUTE = "MetaverseAttribute"
    TRUSTED_CERTIFICATE = "TrustedCertificate"
    OBJECT_MATCHING_RULE = "ObjectMatchingRule"
    SERVICE_SETTING = "ServiceSetting"
    HISTORY_RETENTION_CLEANUP = "HistoryRetentionCleanup"
    SCHEDULE = "Schedule"
    API_KEY = "ApiKey"
    PREDEFINED_SEARCH = "PredefinedSearch"


class OperationType(models.TextChoices):
    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"
    EXECUTE = "Execute"
    CLEAR = "Clear"
    IMPORT_SCHEMA = "ImportSchema"
    IMPORT_HIERARCHY = "ImportHierarchy"
    REVERT = "Revert"


class RunType(models.TextChoices):
    FULL_IMPORT = "FullImport"
    DELTA_IMPORT = "DeltaImport"
    FULL_SYNCHRONISATION = "FullSynchronisation"
    DELTA_SYNCHRONISATION = "DeltaSynchronisation"
    EXPORT = "Export"


class InitiatorType(models.TextChoices):
    USER = "User"
    API_KEY = "ApiKey"
    SYSTEM = "System"


class ObjectChangeType(models.TextChoices):
    ADD = "Add"
    UPDATE = "Update"
    DELETE = "Delete"


class ErrorType(models.TextChoices):
    """Why one object failed (contract: ExecutionItemErrorType)."""

    AMBIGUOUS_MATCH = "AmbiguousMatch"
    COULD_NOT_MATCH_OBJECT_TYPE = "CouldNotMatchObjectType"
    MISSING_EXTERNAL_ID = "MissingExternalIdAttributeValue"
    DUPLICATE_OBJECT = "DuplicateObject"
    UNRESOLVED_REFERENCE = "UnresolvedReference"
    UNHANDLED_ERROR = "UnhandledError"
    DUPLICATE_IMPORTED_ATTRIBUTES = "DuplicateImportedAttributes"
    COULD_NOT_JOIN = "CouldNotJoinDueToExistingJoin"
    EXPORT_CONFIRMATION_FAILED = "ExportConfirmationFailed"
    INVALID_ATTRIBUTE_VALUE = "InvalidAttributeValue"
    MULTI_VALUED_TO_SINGLE_VALUED = "MultiValuedToSingleValued"
    EXPRESSION_FAILED = "ExpressionFailed"


class OutcomeType(models.TextChoices):
    """What happened to an object (contract: OutcomeType)."""

    PROJECTED = "Projected"
    JOINED = "Joined"
    ATTRIBUTE_FLOW = "AttributeFlow"
    PENDING_EXPORT_CREATED = "PendingExportCreated"
    DISCONNECTED = "Disconnected"
    EXPORTED = "Exported"
    CSO_ADDED = "CsoAdded"
    CSO_UPDATED = "CsoUpdated"
    CSO_DELETED = "CsoDeleted"
    DISCONNECTED_OUT_OF_SCOPE = "DisconnectedOutOfScope"
    OUT_OF_SCOPE_RETAIN_JOIN = "OutOfScopeRetainJoin"
    DRIFT_CORRECTION = "DriftCorrection"
    PROVISIONED = "Provisioned"
    DEPROVISIONED = "Deprovisioned"
    PENDING_EXPORT_CONFIRMED = "PendingExportConfirmed"
    PENDING_EXPORT_RETRYING = "PendingExportRetrying"
    PENDING_EXPORT_FAILED = "PendingExportFailed"
    MVO_DELETED = "MvoDeleted"
    MVO_DELETION_SCHEDULED = "MvoDeletionScheduled"


def new_id() -> uuid.UUID:
    """A UUIDv7 (RFC 9562 section 5.7): later ids sort after earlier ones."""
    return uuid7()


class Activity(models.Model):
    """One operation: who started what on which target, and how it ended.

    Ids of configuration objects are plain numbers: an activity outlives what it was about.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created = models.DateTimeField()
    executed = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    status = models.CharField(max_length=24, choices=ActivityStatus, default=ActivityStatus.IN_PROGRESS)
    target_type = models.CharField(max_length=40, choices=TargetType)
    operation_type = models.CharField(max_length=24, choices=OperationType)
    target_name = models.CharField(max_length=300, null=True)
    target_context = models.CharField(max_length=300, null=True)
    message = models.TextField(null=True)
    warning_message = models.TextField(null=True)
    error_message = models.TextField(null=True)
    error_stack_trace = models.TextField(null=True)
    initiated_by_type = models.CharField(max_length=8, choices=InitiatorType, default=InitiatorType.SYSTEM)
    initiated_by_id = models.UUIDField(null=True)
    initiated_by_name = models.CharField(max_length=300, null=True)
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="children")
    connected_system_id = models.IntegerField(null=True)
    run_profile_id = models.IntegerField(null=True)
    run_type = models.CharField(max_length=24, choices=RunType, null=True)
    sync_rule_id = models.IntegerField(null=True)
    metaverse_object_id = models.UUIDField(null=True)
    task_id = models.UUIDField(null=True)
    options = models.JSONField(default=dict)
    """What the caller asked for beyond the profile: {"ignoreDeletionThreshold": true}."""
    cancel_requested = models.BooleanField(default=False)

    class Meta:
        db_table = "activity"
        verbose_name_plural = "activities"
        constraints = [
            # "Already queued or running" of engine.md section 3 is this index; its violation is the 409.
            models.UniqueConstraint(
                fields=["run_profile_id"],
                condition=Q(status="InProgress", target_type="ConnectedSystemRunProfile"),
                name="activity_one_open_run_per_profile",
            ),
        ]
        indexes = [
            models.Index(F("created").desc(), F("id").desc(), name="activity_newest"),
            models.Index("connected_system_id", F("created").desc(), name="activity_by_system"),
            models.Index("status", F("created").desc(), name="activity_by_status"),
            models.Index("parent", name="activity_by_parent", condition=Q(parent__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.operation_type} {self.target_name or self.target_type}"


class ActivityProgress(models.Model):
    """Where a run stands: phase, counters and checkpoint, written by its pages only.

    checkpoint: whatever the phase needs to go on, committed with the page it describes.
    configuration: the rules in force and the value of Now(), fixed when the run was first taken.
    counters: statistic name -> number, as in `activities.statistics`.
    takeovers: times the run was taken over without a new checkpoint since.
    """

    activity = models.OneToOneField(Activity, primary_key=True, on_delete=models.CASCADE, related_name="progress")
    phase = models.CharField(max_length=40, default="", blank=True)
    phase_index = models.SmallIntegerField(default=0)
    phase_count = models.SmallIntegerField(default=0)
    objects_to_process = models.BigIntegerField(null=True)
    objects_processed = models.BigIntegerField(default=0)
    phase_started = models.DateTimeField(null=True)
    item_count = models.BigIntegerField(default=0)
    counters = models.JSONField(default=dict)
    checkpoint = models.JSONField(default=dict)
    configuration = models.JSONField(null=True)
    takeovers = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "activity_progress"


class ExecutionItem(models.Model):
    """What happened to one object in a run.

    The table is partitioned by `month` and keyed (month, activity_id, ordinal); `id` is the primary key in
    Django's state only: the activity's id with its last 32 bits replaced by the ordinal.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    month = models.DateField()
    activity = models.ForeignKey(
        Activity, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="items"
    )
    ordinal = models.BigIntegerField()
    external_id = models.TextField(null=True)
    display_name = models.TextField(null=True)
    object_type = models.TextField(null=True)
    change_type = models.TextField(choices=ObjectChangeType)
    error_type = models.TextField(choices=ErrorType, null=True)
    error_message = models.TextField(null=True)
    outcome_summary = models.TextField(null=True)
    cso_id = models.UUIDField(null=True)
    mvo_id = models.UUIDField(null=True)

    class Meta:
        db_table = "execution_item"
        managed = False
        ordering = ["month", "activity", "ordinal"]

    def __str__(self) -> str:
        return f"{self.change_type} {self.display_name or self.external_id}"


class ExecutionItemDetail(models.Model):
    """The bulk of an item's bytes, kept for less long: the tree of outcomes and the attribute changes.

    outcomes: [{"type", "count", "targetSystemName", "syncRuleName", "pendingExportId", "children"}], cause first;
    what is empty is left out.
    scope: "cs" or "mv", whose attributes old_values and new_values are keyed by, {attribute id: value}; old_values
    is null on an Add. The values are columns of their own, so that an import hands a document over as it is.
    """

    pk = models.CompositePrimaryKey("month", "activity", "ordinal")
    month = models.DateField()
    activity = models.ForeignKey(Activity, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    ordinal = models.BigIntegerField()
    outcomes = models.JSONField(null=True)
    scope = models.TextField(null=True)
    old_values = models.JSONField(null=True)
    new_values = models.JSONField(null=True)

    class Meta:
        db_table = "execution_item_detail"
        managed = False
