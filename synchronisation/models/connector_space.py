"""The connector space: our staged copy of each external object (CSO), its references and its join.

Always: an MVO has at most one CSO per connected system, a CSO at most one MVO. Every change of a CSO takes a new
`change_number` from a sequence, which is what a delta synchronisation reads by. Hashes are 128 bits, kept as uuid.
"""

from django.db import models
from django.db.models import Q

from activities.models import new_id

from .connected_system import ConnectedSystem, ObjectType
from .metaverse import MetaverseObject


class CsoStatus(models.TextChoices):
    NORMAL = "Normal"
    OBSOLETE = "Obsolete"
    PENDING_PROVISIONING = "PendingProvisioning"


class JoinType(models.TextChoices):
    """How a CSO came to its MVO; `Disconnected` is only how the API shows one that has none."""

    JOINED = "Joined"
    PROJECTED = "Projected"
    PROVISIONED = "Provisioned"
    DISCONNECTED = "Disconnected"


class ConnectorSpaceObject(models.Model):
    """external_id is at most 1,000 characters, null for a placeholder whose target gives the identifier.

    document: {attribute id: value, or list of values when multi-valued}; empty attributes are absent.
    fingerprint: of the canonical document; reference_fingerprint: sum modulo 2^128 over the reference rows.
    deprovisioned: deprovisioning disconnected it, so inbound it neither joins nor projects.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    system = models.ForeignKey(ConnectedSystem, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    object_type = models.ForeignKey(ObjectType, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    partition_id = models.IntegerField(null=True)
    created = models.DateTimeField()
    last_updated = models.DateTimeField(null=True)
    status = models.CharField(max_length=19, choices=CsoStatus, default=CsoStatus.NORMAL)
    external_id = models.TextField(null=True)
    external_id_hash = models.UUIDField(null=True)
    secondary_external_id_hash = models.UUIDField(null=True)
    display_name = models.TextField(null=True)
    document = models.JSONField(default=dict)
    fingerprint = models.UUIDField(null=True)
    reference_fingerprint = models.UUIDField(null=True)
    deprovisioned = models.BooleanField(default=False)
    change_number = models.BigIntegerField(db_default=models.expressions.RawSQL("nextval('cso_change_number')", ()))

    class Meta:
        db_table = "cso"
        constraints = [models.UniqueConstraint("object_type", "external_id_hash", name="cso_external_id")]
        indexes = [
            models.Index("system", "change_number", name="cso_by_change_number"),
            models.Index(
                "system",
                "secondary_external_id_hash",
                name="cso_by_secondary_external_id",
                condition=Q(secondary_external_id_hash__isnull=False),
            ),
            models.Index("system", name="cso_obsolete", condition=Q(status="Obsolete")),
        ]

    def __str__(self) -> str:
        return self.display_name or self.external_id or str(self.id)


class CsoReference(models.Model):
    """One reference value as the source gave it, and the CSO of the same system it names, once known.

    is_stale: the target has another name by now, and nobody else has taken over the one in the text.
    change_number: from the sequence that CSOs take theirs from, new whenever the row or its target is.
    """

    pk = models.CompositePrimaryKey("cso_id", "attribute_id", "text_hash")
    cso_id = models.UUIDField()
    system_id = models.IntegerField()
    attribute_id = models.IntegerField()
    text = models.TextField()
    text_hash = models.UUIDField()
    """Hash of the text itself: which value this is."""
    name_hash = models.UUIDField()
    """Hash of the normalised text (a DN without regard to case and spacing): what it is resolved by."""
    target_id = models.UUIDField(null=True)
    is_stale = models.BooleanField(default=False, db_default=False)
    change_number = models.BigIntegerField(db_default=models.expressions.RawSQL("nextval('cso_change_number')", ()))

    class Meta:
        db_table = "cso_reference"
        indexes = [
            # With the object that refers: whether one of a hundred thousand reports names this manager is one look.
            models.Index(
                "target_id",
                "cso_id",
                "attribute_id",
                name="cso_reference_by_target",
                condition=Q(target_id__isnull=False),
            ),
            models.Index(
                "system_id",
                "name_hash",
                name="cso_reference_unresolved",
                condition=Q(target_id__isnull=True) | Q(is_stale=True),
            ),
            models.Index("system_id", "change_number", name="cso_reference_by_change_number"),
        ]


class RemovedReference(models.Model):
    """A reference that an import took away or gave another target, until a synchronisation has seen it."""

    id = models.BigAutoField(primary_key=True)
    system_id = models.IntegerField()
    cso_id = models.UUIDField()
    attribute_id = models.IntegerField()
    target_id = models.UUIDField()

    class Meta:
        db_table = "removed_reference"
        indexes = [models.Index("system_id", "id", name="removed_reference_by_system")]


class Join(models.Model):
    """The link between a CSO and its MVO. rule_id: the export rule last in scope, which decides deprovisioning."""

    cso = models.OneToOneField(
        ConnectorSpaceObject, primary_key=True, on_delete=models.DO_NOTHING, db_constraint=False, related_name="join"
    )
    mvo = models.ForeignKey(
        MetaverseObject, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="joins"
    )
    system_id = models.IntegerField()
    type = models.CharField(max_length=12, choices=JoinType)
    created = models.DateTimeField()
    rule_id = models.IntegerField(null=True)

    class Meta:
        db_table = "cso_join"
        constraints = [models.UniqueConstraint("mvo", "system_id", name="cso_join_one_per_system")]


class ChangedJoin(models.Model):
    """A join that was made or cut, until the references at both its ends have flowed by it."""

    id = models.BigAutoField(primary_key=True)
    cso_id = models.UUIDField()
    mvo_id = models.UUIDField()
    system_id = models.IntegerField()

    class Meta:
        db_table = "changed_join"
        indexes = [models.Index("cso_id", name="changed_join_by_cso")]


class MvoMatchKey(models.Model):
    """(matching rule, hash of the normalised value) -> MVO, for joining."""

    pk = models.CompositePrimaryKey("rule_id", "key", "mvo_id")
    rule_id = models.IntegerField()
    key = models.UUIDField()
    mvo_id = models.UUIDField()

    class Meta:
        db_table = "mvo_match_key"
        indexes = [models.Index("mvo_id", name="mvo_match_key_by_mvo")]


class CsoMatchKey(models.Model):
    """(matching rule, hash of the normalised value) -> unjoined CSO, for export matching."""

    pk = models.CompositePrimaryKey("rule_id", "key", "cso_id")
    rule_id = models.IntegerField()
    key = models.UUIDField()
    cso_id = models.UUIDField()

    class Meta:
        db_table = "cso_match_key"
        indexes = [models.Index("cso_id", name="cso_match_key_by_cso")]


class LeftOver(models.Model):
    """A CSO that a later delta synchronisation must look at again, and why (engine.md section 5.7)."""

    cso_id = models.UUIDField(primary_key=True)
    system_id = models.IntegerField(db_index=True)
    reason = models.TextField()

    class Meta:
        db_table = "left_over"


class RejectedObject(models.Model):
    """An object that a delta import could not take, until an import takes it (engine.md section 4).

    external_id is null when nobody can say whom the object meant; only a full import ends that.
    """

    id = models.BigAutoField(primary_key=True)
    system = models.ForeignKey(ConnectedSystem, on_delete=models.CASCADE)
    partition_id = models.IntegerField(null=True)
    object_type_id = models.IntegerField(null=True)
    object_type = models.TextField()
    external_id = models.TextField(null=True)
    external_id_hash = models.UUIDField(null=True)
    error_type = models.TextField()

    class Meta:
        db_table = "rejected_object"
        constraints = [models.UniqueConstraint("object_type_id", "external_id_hash", name="rejected_object_once")]
