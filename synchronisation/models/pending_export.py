"""Pending exports: the queued change that turns a target CSO into what the rules want.

What has left is frozen in `sent`; later wishes stand beside it in `pending` (engine.md section 6). Both map an
attribute id to its part of the change:

    value                                single-valued; null clears
    {"add": [values], "remove": [...]}   multi-valued
    {"sealed": token}                    a secret, encrypted

References are rows of their own beside it, since a group may have half a million members (decisions/0004).
"""

from django.db import models

from activities.models import new_id

from .connected_system import ConnectedSystem


class PendingExportChangeType(models.TextChoices):
    CREATE = "Create"
    UPDATE = "Update"
    DELETE = "Delete"


class PendingExportStatus(models.TextChoices):
    PENDING = "Pending"
    EXPORT_NOT_CONFIRMED = "ExportNotConfirmed"
    EXECUTING = "Executing"
    FAILED = "Failed"
    EXPORTED = "Exported"


class PendingExport(models.Model):
    """change_type is the wish that is queued or, while `sent` is set, the one that left."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    cso_id = models.UUIDField(unique=True)
    system = models.ForeignKey(ConnectedSystem, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    mvo_id = models.UUIDField(null=True)
    rule_id = models.IntegerField(null=True)
    change_type = models.CharField(max_length=6, choices=PendingExportChangeType)
    status = models.CharField(max_length=18, choices=PendingExportStatus, default=PendingExportStatus.PENDING)
    created = models.DateTimeField()
    last_attempted = models.DateTimeField(null=True)
    next_retry = models.DateTimeField(null=True)
    error_count = models.SmallIntegerField(default=0)
    max_retries = models.SmallIntegerField(default=5)
    last_error_message = models.TextField(null=True)
    has_unresolved_references = models.BooleanField(default=False)
    pending = models.JSONField(default=dict)
    sent = models.JSONField(null=True)

    class Meta:
        db_table = "pending_export"
        indexes = [models.Index("system", "id", name="pending_export_by_system")]


class ReferenceChangeStatus(models.TextChoices):
    """Whether one reference change waits, is leaving, or left and was not confirmed yet."""

    PENDING = "Pending"
    EXECUTING = "Executing"
    EXPORTED = "Exported"


class PendingExportReference(models.Model):
    """One reference that a CSO is to gain or lose; its pending export is the one of the same CSO.

    target_id: the CSO of the same system that is referred to. text: what the target system calls it; of an addition
    only once it left, since the object may have no identifier there before. text_hash: of a removal, the value's key.
    """

    pk = models.CompositePrimaryKey("cso_id", "attribute_id", "target_id", "is_removal")
    cso_id = models.UUIDField()
    attribute_id = models.IntegerField()
    target_id = models.UUIDField()
    is_removal = models.BooleanField()
    system_id = models.IntegerField()
    status = models.CharField(max_length=9, choices=ReferenceChangeStatus, default=ReferenceChangeStatus.PENDING)
    text = models.TextField(null=True)
    text_hash = models.UUIDField(null=True)

    class Meta:
        db_table = "pending_export_reference"
        indexes = [models.Index("target_id", name="queued_reference_by_target")]
