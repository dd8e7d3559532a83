"""Connected systems: which store, how to reach it, and the schema discovered in it."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from connectors.contract import AttributeType as ContractAttributeType
from connectors.contract import SettingType as ContractSettingType


class AttributeType(models.TextChoices):
    """Data type of an attribute; the same names as `connectors.contract.AttributeType`."""

    TEXT = ContractAttributeType.TEXT.value
    NUMBER = ContractAttributeType.NUMBER.value
    LONG_NUMBER = ContractAttributeType.LONG_NUMBER.value
    DECIMAL = ContractAttributeType.DECIMAL.value
    DATE_TIME = ContractAttributeType.DATE_TIME.value
    BOOLEAN = ContractAttributeType.BOOLEAN.value
    GUID = ContractAttributeType.GUID.value
    REFERENCE = ContractAttributeType.REFERENCE.value
    BINARY = ContractAttributeType.BINARY.value


class Plurality(models.TextChoices):
    SINGLE_VALUED = "SingleValued"
    MULTI_VALUED = "MultiValued"


class SettingType(models.TextChoices):
    STRING = ContractSettingType.STRING.value
    ENCRYPTED_STRING = ContractSettingType.ENCRYPTED_STRING.value
    INTEGER = ContractSettingType.INTEGER.value
    CHECK_BOX = ContractSettingType.CHECK_BOX.value
    DROP_DOWN = ContractSettingType.DROP_DOWN.value


class MatchingMode(models.TextChoices):
    """Whose matching rules apply: the object type's (simple) or each synchronisation rule's (advanced)."""

    CONNECTED_SYSTEM = "ConnectedSystem"
    SYNC_RULE = "SyncRule"


class SystemStatus(models.TextChoices):
    ACTIVE = "Active"
    DELETING = "Deleting"


class Writability(models.TextChoices):
    READ_ONLY = "ReadOnly"
    READ_WRITE = "ReadWrite"


class ConnectorDefinition(models.Model):
    """A connector known to this installation; rows follow the registry after each migration.

    key: the entry point's name, which finds the code.
    """

    key = models.CharField(max_length=100, unique=True)
    name = models.CharField(max_length=200)
    description = models.TextField(null=True)
    url = models.URLField(null=True)
    built_in = models.BooleanField(default=True)
    capabilities = models.JSONField(default=list)

    class Meta:
        db_table = "connector_definition"

    def __str__(self) -> str:
        return self.name


class ConnectorSetting(models.Model):
    """A setting a connector declares; the row gives it the number under which clients send its value."""

    definition = models.ForeignKey(ConnectorDefinition, on_delete=models.CASCADE, related_name="settings")
    name = models.CharField(max_length=200)
    description = models.TextField(null=True)
    category = models.CharField(max_length=200, null=True)
    type = models.CharField(max_length=16, choices=SettingType)
    required = models.BooleanField(default=False)
    default_string_value = models.TextField(null=True)
    default_int_value = models.IntegerField(null=True)
    default_checkbox_value = models.BooleanField(null=True)
    drop_down_values = models.JSONField(null=True)
    position = models.SmallIntegerField(default=0)

    class Meta:
        db_table = "connector_setting"
        ordering = ["position", "id"]
        constraints = [models.UniqueConstraint("definition", "name", name="connector_setting_name")]

    def __str__(self) -> str:
        return self.name


class ConnectedSystem(models.Model):
    """One external store with its settings and guards.

    deletion_threshold_percent: more than this share of the objects in scope going missing in one full import
    stops their obsoletion (null: no guard); deletion_threshold_minimum: but only from this many objects on.
    sync_mark: the highest change number a completed synchronisation has seen (engine.md section 5).
    keyed_number: that up to which match keys of unjoined objects were written.
    """

    name = models.CharField(max_length=200)
    description = models.CharField(max_length=1000, null=True, blank=True)
    created = models.DateTimeField(auto_now_add=True)
    last_updated = models.DateTimeField(null=True)
    connector = models.ForeignKey(ConnectorDefinition, on_delete=models.PROTECT, related_name="systems")
    status = models.CharField(max_length=8, choices=SystemStatus, default=SystemStatus.ACTIVE)
    setting_values_valid = models.BooleanField(default=False)
    max_export_parallelism = models.SmallIntegerField(null=True, blank=True)
    max_export_attempts = models.SmallIntegerField(default=5)
    matching_mode = models.CharField(max_length=16, choices=MatchingMode, default=MatchingMode.CONNECTED_SYSTEM)
    deletion_threshold_percent = models.SmallIntegerField(null=True, blank=True, default=20)
    deletion_threshold_minimum = models.IntegerField(default=50)
    sync_mark = models.BigIntegerField(default=0)
    keyed_number = models.BigIntegerField(default=0)

    class Meta:
        db_table = "connected_system"
        constraints = [models.UniqueConstraint(Lower("name"), name="connected_system_name")]

    def __str__(self) -> str:
        return self.name


class SettingValue(models.Model):
    """The value of one setting of one system. Secrets are only in `encrypted_value` (Fernet token)."""

    system = models.ForeignKey(ConnectedSystem, on_delete=models.CASCADE, related_name="setting_values")
    setting = models.ForeignKey(ConnectorSetting, on_delete=models.CASCADE, related_name="values")
    string_value = models.TextField(null=True)
    int_value = models.IntegerField(null=True)
    checkbox_value = models.BooleanField(null=True)
    encrypted_value = models.BinaryField(null=True)

    class Meta:
        db_table = "setting_value"
        constraints = [models.UniqueConstraint("system", "setting", name="setting_value_once")]


class ObjectType(models.Model):
    """A type of object in a connected system's schema."""

    system = models.ForeignKey(ConnectedSystem, on_delete=models.CASCADE, related_name="object_types")
    name = models.CharField(max_length=200)
    created = models.DateTimeField(auto_now_add=True)
    selected = models.BooleanField(default=False)
    remove_contributed_attributes_on_obsoletion = models.BooleanField(default=True)

    class Meta:
        db_table = "object_type"
        ordering = ["id"]
        constraints = [models.UniqueConstraint("system", Lower("name"), name="object_type_name")]

    def __str__(self) -> str:
        return self.name


class Attribute(models.Model):
    """An attribute of an object type; its id is the key in the documents of that type's objects."""

    object_type = models.ForeignKey(ObjectType, on_delete=models.CASCADE, related_name="attributes")
    name = models.CharField(max_length=300)
    description = models.TextField(null=True)
    class_name = models.CharField(max_length=200, null=True)
    created = models.DateTimeField(auto_now_add=True)
    type = models.CharField(max_length=12, choices=AttributeType)
    plurality = models.CharField(max_length=12, choices=Plurality, default=Plurality.SINGLE_VALUED)
    type_set_by_user = models.BooleanField(default=False)
    """An administrator chose type or plurality: discovering the schema again keeps them."""
    selected = models.BooleanField(default=False)
    is_external_id = models.BooleanField(default=False)
    is_secondary_external_id = models.BooleanField(default=False)
    writability = models.CharField(max_length=10, choices=Writability, default=Writability.READ_WRITE)

    class Meta:
        db_table = "attribute"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint("object_type", Lower("name"), name="attribute_name"),
            models.UniqueConstraint("object_type", condition=Q(is_external_id=True), name="attribute_one_external_id"),
            models.UniqueConstraint(
                "object_type", condition=Q(is_secondary_external_id=True), name="attribute_one_secondary_external_id"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def multi_valued(self) -> bool:
        return self.plurality == Plurality.MULTI_VALUED


class Partition(models.Model):
    """A part of a store that is read on its own (an LDAP naming context)."""

    system = models.ForeignKey(ConnectedSystem, on_delete=models.CASCADE, related_name="partitions")
    name = models.CharField(max_length=300)
    external_id = models.CharField(max_length=1000)
    selected = models.BooleanField(default=False)

    class Meta:
        db_table = "partition"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Container(models.Model):
    """A place for objects within a partition, or within a store without partitions (an LDAP organisational unit).

    selected: imports read it with everything below it.
    """

    system = models.ForeignKey(ConnectedSystem, on_delete=models.CASCADE, related_name="containers")
    partition = models.ForeignKey(Partition, null=True, on_delete=models.CASCADE, related_name="containers")
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=300)
    external_id = models.CharField(max_length=1000)
    description = models.TextField(null=True)
    hidden = models.BooleanField(default=False)
    selected = models.BooleanField(default=False)

    class Meta:
        db_table = "container"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name


class Watermark(models.Model):
    """The position a delta import goes on from; one per system and partition (null: the whole store)."""

    system = models.ForeignKey(ConnectedSystem, on_delete=models.CASCADE, related_name="watermarks")
    partition = models.ForeignKey(Partition, null=True, on_delete=models.CASCADE)
    position = models.TextField()

    class Meta:
        db_table = "watermark"
        constraints = [
            models.UniqueConstraint("system", "partition", name="watermark_once", nulls_distinct=False),
        ]
