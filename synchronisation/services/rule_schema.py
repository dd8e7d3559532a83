"""The attributes a synchronisation rule can speak of: its object type's and its metaverse object type's."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Self

from connectors.contract import AttributeType as ContractAttributeType
from synchronisation.expressions.attributes import AttributeInfo, AttributeNames
from synchronisation.models import Attribute, MetaverseAttribute, SyncRule


@dataclass(frozen=True)
class RuleSchema:
    """Attributes of both sides by id."""

    connected_system: dict[int, Attribute]
    metaverse: dict[int, MetaverseAttribute]

    @classmethod
    def of(cls, rule: SyncRule) -> Self:
        """Two queries."""
        return cls(
            connected_system={a.pk: a for a in Attribute.objects.filter(object_type=rule.object_type_id)},
            metaverse={a.pk: a for a in MetaverseAttribute.objects.filter(object_types=rule.metaverse_object_type_id)},
        )

    @cached_property
    def connected_system_names(self) -> AttributeNames:
        """What `cs` means in an expression of the rule."""
        return attribute_names(self.connected_system.values())

    @cached_property
    def metaverse_names(self) -> AttributeNames:
        """What `mv` means in an expression of the rule."""
        return attribute_names(self.metaverse.values())


def attribute_names(attributes: Iterable[Attribute | MetaverseAttribute]) -> AttributeNames:
    """Attributes by casefolded name, as expressions look them up."""
    return {
        a.name.casefold(): AttributeInfo(str(a.pk), a.name, ContractAttributeType(a.type), a.multi_valued)
        for a in attributes
    }
