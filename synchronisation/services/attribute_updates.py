"""Change selection, external IDs, type and plurality of a connected system's attributes, one or many at once.

In: the wanted changes by attribute id. Out: the attributes that were changed, and why the others were not.
Always: an external ID attribute is selected and holds one value; an object type has at most one of each kind of
external ID; what rules or stored values rely on does not change under them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from django.db import transaction

from synchronisation.models import Attribute, AttributeType, ObjectType, Plurality

from .attribute_usage import AttributeUsage
from .schema_merge import kept_type

CHANGEABLE = ("selected", "is_external_id", "is_secondary_external_id", "type", "plurality", "type_set_by_user")
EXTERNAL_ID_FLAGS = ("is_external_id", "is_secondary_external_id")
UNFIT_FOR_EXTERNAL_IDS = {AttributeType.REFERENCE, AttributeType.BINARY, AttributeType.BOOLEAN}


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """What to change; None leaves a part as it is."""

    selected: bool | None = None
    is_external_id: bool | None = None
    is_secondary_external_id: bool | None = None
    type: AttributeType | None = None
    plurality: Plurality | None = None


@dataclass(slots=True)
class AttributeUpdates:
    """refused: attribute id -> why."""

    updated: list[Attribute] = field(default_factory=list)
    refused: dict[int, "AttributeRefused"] = field(default_factory=dict)


class AttributeRefused(Exception):
    """field: the part of the change that cannot be."""

    def __init__(self, field_name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field_name


@transaction.atomic
def update_attributes(object_type: ObjectType, changes: Mapping[int, AttributeChange]) -> AttributeUpdates:
    """Apply each change that can be; the others are refused one by one. A constant number of writes."""
    ObjectType.objects.select_for_update().get(pk=object_type.pk)
    attributes = {a.pk: a for a in object_type.attributes.all()}
    flagged = {name: {pk for pk, a in attributes.items() if getattr(a, name)} for name in EXTERNAL_ID_FLAGS}
    usage = AttributeUsage(object_type)
    updates = AttributeUpdates()
    for attribute_id, change in changes.items():
        try:
            if attribute_id not in attributes:
                raise AttributeRefused("id", f"{object_type.name} has no attribute {attribute_id}.")
            _apply(change, attributes[attribute_id], list(attributes.values()), usage)
        except AttributeRefused as refused:
            updates.refused[attribute_id] = refused
        else:
            updates.updated.append(attributes[attribute_id])
    _write(object_type, list(attributes.values()), flagged)
    return updates


def _apply(change: AttributeChange, attribute: Attribute, siblings: Sequence[Attribute], usage: AttributeUsage) -> None:
    """Change the attribute in memory, and its siblings where it becomes the external ID. Raises: AttributeRefused."""
    wanted = _wanted(change, attribute, usage)
    _check_external_id(change, wanted)
    _check_shape(wanted, attribute, usage)
    if attribute.selected and not wanted.selected:
        _check_dispensable(attribute, usage)
    for flag in EXTERNAL_ID_FLAGS:
        if getattr(change, flag):
            for sibling in siblings:
                setattr(sibling, flag, False)
    for name in CHANGEABLE:
        setattr(attribute, name, getattr(wanted, name))


def _wanted(change: AttributeChange, attribute: Attribute, usage: AttributeUsage) -> Attribute:
    """What the attribute is to be, as an unsaved copy."""
    wanted = Attribute(name=attribute.name, **{name: getattr(attribute, name) for name in CHANGEABLE})
    for name, value in asdict(change).items():
        if value is not None:
            setattr(wanted, name, value)
    if change.type is not None or change.plurality is not None:
        wanted.type_set_by_user = True
    if change.is_external_id or change.is_secondary_external_id:
        wanted.selected = True
    text_is_safer = kept_type(wanted.type, external_id=bool(change.is_external_id))
    if not wanted.type_set_by_user and text_is_safer != wanted.type and _is_free(attribute, usage):
        wanted.type = text_is_safer
    return wanted


def _is_free(attribute: Attribute, usage: AttributeUsage) -> bool:
    return attribute.pk not in usage.users and not usage.holds_values(attribute.pk)


def _check_external_id(change: AttributeChange, wanted: Attribute) -> None:
    if not (wanted.is_external_id or wanted.is_secondary_external_id):
        return
    if change.selected is False:
        raise AttributeRefused("selected", f"{wanted.name} is an external ID attribute, which is always selected.")
    if wanted.is_external_id and wanted.is_secondary_external_id:
        raise AttributeRefused(
            "is_secondary_external_id", f"{wanted.name} cannot be the external ID and the secondary one at once."
        )
    if wanted.multi_valued:
        raise AttributeRefused("attribute_plurality", f"{wanted.name} is an external ID attribute: it holds one value.")
    if wanted.type in UNFIT_FOR_EXTERNAL_IDS:
        raise AttributeRefused("type", f"A {wanted.type} attribute such as {wanted.name} identifies no object.")


def _check_shape(wanted: Attribute, attribute: Attribute, usage: AttributeUsage) -> None:
    """Type and plurality stay while a rule or a stored value relies on them."""
    for name, spoken in (("type", "type"), ("plurality", "attribute_plurality")):
        if getattr(wanted, name) == getattr(attribute, name):
            continue
        if attribute.pk in usage.users:
            user = usage.users[attribute.pk]
            raise AttributeRefused(spoken, f"{attribute.name} is used by {user}: change it before a rule uses it.")
        if usage.holds_values(attribute.pk):
            raise AttributeRefused(
                spoken, f"Objects hold values of {attribute.name}: clear the connector space before changing it."
            )


def _check_dispensable(attribute: Attribute, usage: AttributeUsage) -> None:
    """An attribute that is written or decides about the scope of a rule stays selected."""
    if attribute.pk in usage.export_targets:
        rule = usage.export_targets[attribute.pk]
        raise AttributeRefused("selected", f"Rule {rule} writes {attribute.name}: remove that mapping first.")
    if attribute.pk in usage.compared:
        rule = usage.compared[attribute.pk]
        raise AttributeRefused(
            "selected", f"The scope of rule {rule} depends on {attribute.name}: remove that criterion first."
        )


def _write(object_type: ObjectType, attributes: Sequence[Attribute], flagged: Mapping[str, set[int]]) -> None:
    """Flags that move are cleared first: the database allows one of each kind per object type at any moment."""
    for name, before in flagged.items():
        cleared = [a.pk for a in attributes if a.pk in before and not getattr(a, name)]
        object_type.attributes.filter(pk__in=cleared).update(**{name: False})
    object_type.attributes.bulk_update(attributes, CHANGEABLE)
