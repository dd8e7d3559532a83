"""The metaverse: its schema and its objects (MVOs).

An object is one document: scalar and multi-valued attributes in one jsonb keyed by attribute id; references are
rows. `holders` says whose values they are: [[connected system id, rule id, [attribute ids]], ...].
"""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Collate, Lower, Substr

from activities.models import new_id

from .connected_system import AttributeType, ConnectedSystem, Plurality


class DeletionRule(models.TextChoices):
    MANUAL = "Manual"
    WHEN_LAST_CONNECTOR_DISCONNECTED = "WhenLastConnectorDisconnected"
    WHEN_AUTHORITATIVE_SOURCE_DISCONNECTED = "WhenAuthoritativeSourceDisconnected"


class MetaverseObjectStatus(models.TextChoices):
    NORMAL = "Normal"
    OBSOLETE = "Obsolete"


class MetaverseObjectOrigin(models.TextChoices):
    PROJECTED = "Projected"
    INTERNAL = "Internal"


class MetaverseObjectType(models.Model):
    name = models.CharField(max_length=200)
    plural_name = models.CharField(max_length=200)
    created = models.DateTimeField(auto_now_add=True)
    built_in = models.BooleanField(default=False)
    icon = models.CharField(max_length=100, null=True)
    deletion_rule = models.CharField(max_length=40, choices=DeletionRule, default=DeletionRule.MANUAL)
    deletion_grace_period = models.DurationField(null=True)
    deletion_trigger_systems = models.ManyToManyField(ConnectedSystem, blank=True, related_name="+")

    class Meta:
        db_table = "metaverse_object_type"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="metaverse_object_type_name")]

    def __str__(self) -> str:
        return self.name


class MetaverseAttribute(models.Model):
    """searchable: objects are found by its value through an index (`services.search_indexes`)."""

    name = models.CharField(max_length=200)
    created = models.DateTimeField(auto_now_add=True)
    type = models.CharField(max_length=12, choices=AttributeType)
    plurality = models.CharField(max_length=12, choices=Plurality, default=Plurality.SINGLE_VALUED)
    built_in = models.BooleanField(default=False)
    searchable = models.BooleanField(default=False)
    object_types = models.ManyToManyField(MetaverseObjectType, related_name="attributes")

    class Meta:
        db_table = "metaverse_attribute"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="metaverse_attribute_name")]

    def __str__(self) -> str:
        return self.name

    @property
    def multi_valued(self) -> bool:
        return self.plurality == Plurality.MULTI_VALUED


NAME_KEY_LENGTH = 200
"""Characters: a btree entry may hold 2,704 bytes, and a character up to four."""

NAME_KEY = Collate(Lower(Substr("display_name", 1, NAME_KEY_LENGTH)), "C")
"""What lists are ordered by, and a name's beginning is looked for in: the index mvo_by_display_name."""

LAST_CHARACTER = "\U0010ffff"


def name_begins_with(text: str) -> Q:
    """Objects, annotated with their NAME_KEY as `name_key`, whose display name begins with the text, in any case."""
    begins = Q(name_key__gte=Lower(Value(text[:NAME_KEY_LENGTH])))
    ends = Q(name_key__lt=Lower(Value(text[:NAME_KEY_LENGTH] + LAST_CHARACTER)))
    rest = Q(display_name__istartswith=text) if len(text) > NAME_KEY_LENGTH else Q()
    return begins & ends & rest


class MetaverseObject(models.Model):
    """The one consolidated identity. display_name is a copy for lists; it follows the Display Name attribute."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    type = models.ForeignKey(MetaverseObjectType, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    created = models.DateTimeField()
    last_updated = models.DateTimeField(null=True)
    status = models.CharField(max_length=8, choices=MetaverseObjectStatus, default=MetaverseObjectStatus.NORMAL)
    origin = models.CharField(max_length=9, choices=MetaverseObjectOrigin, default=MetaverseObjectOrigin.PROJECTED)
    display_name = models.TextField(null=True)
    document = models.JSONField(default=dict)
    holders = models.JSONField(default=list)
    last_connector_disconnected = models.DateTimeField(null=True)
    deletion_eligible = models.DateTimeField(null=True)
    deletion_marked_by = ArrayField(models.IntegerField(), null=True)
    """The connected systems whose loss marked it, the first one first: each takes its own back when it joins again."""

    class Meta:
        db_table = "mvo"
        # None on the document: each costs a projection 3 us, and all updates their place on the page (HOT).
        indexes = [
            models.Index(NAME_KEY, "id", name="mvo_by_display_name"),
            models.Index(fields=["deletion_eligible"], name="mvo_marked", condition=Q(deletion_eligible__isnull=False)),
            models.Index(fields=["id"], name="mvo_obsolete", condition=Q(status="Obsolete")),
        ]

    def __str__(self) -> str:
        return self.display_name or str(self.id)


class MetaverseReference(models.Model):
    """One reference value of an MVO, with the system and rule that hold the attribute (null: nobody does)."""

    pk = models.CompositePrimaryKey("mvo_id", "attribute_id", "target_id")
    mvo_id = models.UUIDField()
    attribute_id = models.IntegerField()
    target_id = models.UUIDField()
    system_id = models.IntegerField(null=True)
    rule_id = models.IntegerField(null=True)

    class Meta:
        db_table = "mvo_reference"
        indexes = [models.Index("target_id", name="mvo_reference_by_target")]
