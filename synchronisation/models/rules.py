"""Synchronisation rules with their mappings, and matching rules."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from .connected_system import Attribute, ConnectedSystem, ObjectType
from .metaverse import MetaverseAttribute, MetaverseObjectType


class Direction(models.TextChoices):
    IMPORT = "Import"
    EXPORT = "Export"


class DeprovisionAction(models.TextChoices):
    """What becomes of a target's account that no rule wants any more."""

    DISCONNECT = "Disconnect"
    DELETE = "Delete"


class OutOfScopeAction(models.TextChoices):
    """What becomes of the join of a CSO that left the scope of its import rules."""

    DISCONNECT = "Disconnect"
    REMAIN_JOINED = "RemainJoined"


class SyncRule(models.Model):
    """One direction between an object type of a system and one of the metaverse.

    project_to_metaverse is null on export rules, provision_to_connected_system on import rules. `edited` is when
    the rule or a part of it last changed, which a delta synchronisation warns about.
    """

    name = models.CharField(max_length=200)
    created = models.DateTimeField(auto_now_add=True)
    edited = models.DateTimeField(auto_now=True)
    system = models.ForeignKey(ConnectedSystem, on_delete=models.CASCADE, related_name="sync_rules")
    object_type = models.ForeignKey(ObjectType, on_delete=models.CASCADE, related_name="sync_rules")
    metaverse_object_type = models.ForeignKey(MetaverseObjectType, on_delete=models.CASCADE, related_name="sync_rules")
    direction = models.CharField(max_length=6, choices=Direction)
    project_to_metaverse = models.BooleanField(null=True)
    provision_to_connected_system = models.BooleanField(null=True)
    enabled = models.BooleanField(default=True)
    enforce_state = models.BooleanField(default=True)
    inbound_out_of_scope_action = models.CharField(
        max_length=12, choices=OutOfScopeAction, default=OutOfScopeAction.DISCONNECT
    )
    outbound_deprovision_action = models.CharField(
        max_length=10, choices=DeprovisionAction, default=DeprovisionAction.DISCONNECT
    )

    class Meta:
        db_table = "sync_rule"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="sync_rule_name")]

    def __str__(self) -> str:
        return self.name


class SyncRuleMapping(models.Model):
    """Writes one attribute from the first of its sources that has a value.

    priority: 1 is best among all import mappings of one metaverse attribute; null on export rules.
    """

    rule = models.ForeignKey(SyncRule, on_delete=models.CASCADE, related_name="mappings")
    created = models.DateTimeField(auto_now_add=True)
    target_metaverse_attribute = models.ForeignKey(
        MetaverseAttribute, null=True, on_delete=models.CASCADE, related_name="inbound_mappings"
    )
    target_attribute = models.ForeignKey(
        Attribute, null=True, on_delete=models.CASCADE, related_name="outbound_mappings"
    )
    priority = models.IntegerField(null=True)
    null_is_value = models.BooleanField(default=False)
    initial_only = models.BooleanField(default=False)

    class Meta:
        db_table = "sync_rule_mapping"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("rule", "target_metaverse_attribute", name="mapping_one_per_metaverse_attribute"),
            models.UniqueConstraint("rule", "target_attribute", name="mapping_one_per_attribute"),
            models.CheckConstraint(
                condition=Q(target_attribute__isnull=True) ^ Q(target_metaverse_attribute__isnull=True),
                name="mapping_one_target",
            ),
        ]


class SyncRuleMappingSource(models.Model):
    """An attribute of the rule's source side, or an expression."""

    mapping = models.ForeignKey(SyncRuleMapping, on_delete=models.CASCADE, related_name="sources")
    order = models.IntegerField(default=0)
    attribute = models.ForeignKey(Attribute, null=True, on_delete=models.CASCADE, related_name="+")
    metaverse_attribute = models.ForeignKey(MetaverseAttribute, null=True, on_delete=models.CASCADE, related_name="+")
    expression = models.TextField(null=True)

    class Meta:
        db_table = "sync_rule_mapping_source"
        ordering = ["order", "id"]


class MatchingRule(models.Model):
    """How a CSO finds its MVO: the first source with a value, compared with one metaverse attribute.

    sync_rule is set in advanced mode only; in simple mode the rule belongs to the object type.
    """

    object_type = models.ForeignKey(ObjectType, on_delete=models.CASCADE, related_name="matching_rules")
    metaverse_object_type = models.ForeignKey(MetaverseObjectType, on_delete=models.CASCADE, related_name="+")
    sync_rule = models.ForeignKey(SyncRule, null=True, on_delete=models.CASCADE, related_name="matching_rules")
    target_metaverse_attribute = models.ForeignKey(MetaverseAttribute, on_delete=models.CASCADE, related_name="+")
    order = models.IntegerField(default=0)
    case_sensitive = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)
    keys_ready = models.BooleanField(default=False)
    """Whether the match keys of existing objects were written; a synchronisation does it first if not."""

    class Meta:
        db_table = "matching_rule"
        ordering = ["order", "id"]


class MatchingRuleSource(models.Model):
    rule = models.ForeignKey(MatchingRule, on_delete=models.CASCADE, related_name="sources")
    order = models.IntegerField(default=0)
    attribute = models.ForeignKey(Attribute, null=True, on_delete=models.CASCADE, related_name="+")
    metaverse_attribute = models.ForeignKey(MetaverseAttribute, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        db_table = "matching_rule_source"
        ordering = ["order", "id"]
