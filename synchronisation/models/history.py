"""What is kept of deleted objects: what they were called, when they went and who caused it.

Written in sets, in the page that deletes. An object is deleted once, so its own id is that of the record.
"""

from django.db import models
from django.db.models import F

from activities.models import InitiatorType


class DeletedObject(models.Model):
    """initiated_by_...: of the activity that deleted it, which may be gone before this record is."""

    id = models.UUIDField(primary_key=True, editable=False)
    object_type = models.TextField(null=True)
    display_name = models.TextField(null=True)
    initiated_by_type = models.CharField(max_length=8, choices=InitiatorType)
    initiated_by_name = models.CharField(max_length=300, null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.display_name or str(self.id)


class DeletedCso(DeletedObject):
    system_id = models.IntegerField()
    system_name = models.TextField(null=True)
    external_id = models.TextField(null=True)
    deleted = models.DateTimeField()

    class Meta:
        db_table = "deleted_cso"
        indexes = [
            models.Index(F("deleted").desc(), F("id").desc(), name="deleted_cso_newest"),
            models.Index("system_id", F("deleted").desc(), F("id").desc(), name="deleted_cso_by_system"),
        ]


class DeletedMvo(DeletedObject):
    """deleted: null while deletes of its accounts are queued: then it is obsolete, and not gone."""

    type_id = models.IntegerField(null=True)
    deleted = models.DateTimeField(null=True)

    class Meta:
        db_table = "deleted_mvo"
        indexes = [models.Index(F("deleted").desc(), F("id").desc(), name="deleted_mvo_newest")]
