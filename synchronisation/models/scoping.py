"""Scoping criteria of synchronisation rules: groups, nested to any depth, of comparisons with attributes."""

from collections.abc import Iterable

from django.db import models
from django.db.models import Q

from synchronisation.rules.specification import Comparison

from .connected_system import Attribute
from .metaverse import MetaverseAttribute
from .rules import SyncRule


class ScopingGroupType(models.TextChoices):
    """How many parts of a group must hold."""

    ALL = "All"
    ANY = "Any"


class ComparisonType(models.TextChoices):
    """The same names as `rules.specification.Comparison`."""

    EQUALS = Comparison.EQUALS.value
    NOT_EQUALS = Comparison.NOT_EQUALS.value
    STARTS_WITH = Comparison.STARTS_WITH.value
    NOT_STARTS_WITH = Comparison.NOT_STARTS_WITH.value
    ENDS_WITH = Comparison.ENDS_WITH.value
    NOT_ENDS_WITH = Comparison.NOT_ENDS_WITH.value
    CONTAINS = Comparison.CONTAINS.value
    NOT_CONTAINS = Comparison.NOT_CONTAINS.value
    LESS_THAN = Comparison.LESS_THAN.value
    LESS_THAN_OR_EQUALS = Comparison.LESS_THAN_OR_EQUALS.value
    GREATER_THAN = Comparison.GREATER_THAN.value
    GREATER_THAN_OR_EQUALS = Comparison.GREATER_THAN_OR_EQUALS.value


class ScopingCriteriaGroup(models.Model):
    """A group of a rule, or of another group of the same rule. children: set by `nested_groups`."""

    rule = models.ForeignKey(SyncRule, on_delete=models.CASCADE, related_name="scoping_groups")
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=3, choices=ScopingGroupType)
    position = models.IntegerField(default=0)

    children: list["ScopingCriteriaGroup"]

    class Meta:
        db_table = "scoping_criteria_group"
        ordering = ["position", "id"]


class ScopingCriterion(models.Model):
    """Compares one attribute of the rule's source side with a value, kept in document form (`rules.values`).

    An attribute that is compared cannot be deleted, only with its object type: without the criterion more objects
    would be in scope than anybody asked for.
    """

    group = models.ForeignKey(ScopingCriteriaGroup, on_delete=models.CASCADE, related_name="criteria")
    attribute = models.ForeignKey(Attribute, null=True, on_delete=models.RESTRICT, related_name="+")
    metaverse_attribute = models.ForeignKey(MetaverseAttribute, null=True, on_delete=models.RESTRICT, related_name="+")
    comparison_type = models.CharField(max_length=19, choices=ComparisonType)
    value = models.JSONField()
    case_sensitive = models.BooleanField(default=True)

    class Meta:
        db_table = "scoping_criterion"
        ordering = ["id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(attribute__isnull=True) ^ Q(metaverse_attribute__isnull=True),
                name="scoping_criterion_one_attribute",
            )
        ]

    @property
    def compared_id(self) -> int:
        attribute_id = self.attribute_id or self.metaverse_attribute_id
        assert attribute_id is not None  # the table's check constraint
        return attribute_id

    @property
    def compared(self) -> Attribute | MetaverseAttribute:
        attribute = self.attribute or self.metaverse_attribute
        assert attribute is not None
        return attribute


def nested_groups(groups: Iterable[ScopingCriteriaGroup]) -> list[ScopingCriteriaGroup]:
    """The top-level ones of all groups of a rule, each with its children, in the order given."""
    by_id = {group.pk: group for group in groups}
    top: list[ScopingCriteriaGroup] = []
    for group in by_id.values():
        group.children = []
    for group in by_id.values():
        siblings = top if group.parent_id is None else by_id[group.parent_id].children
        siblings.append(group)
    return top
