"""Merge a discovered schema into the stored one.

In: the object types a connector found. Out: `SchemaChanges`, what an administrator should know of it.
Always: names match without regard to case; selections, external IDs and types chosen by an administrator are kept
for what is still there; what vanished is removed together with what cannot stand without it. Two things stay: an
object type which still has objects is only deselected, so that a full import can make them obsolete first; and an
attribute that scoping criteria compare, since without them a rule would apply to more objects than it should.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from connectors.contract import SchemaAttribute, SchemaObjectType
from connectors.errors import ConfigurationError
from synchronisation.models import (
    Attribute,
    AttributeType,
    ConnectedSystem,
    ConnectorSpaceObject,
    ObjectType,
    Plurality,
    Writability,
)

from .attribute_usage import AttributeUsage
from .schema_removal import remove_attributes, remove_object_types

DISCOVERED_FIELDS = ("name", "description", "class_name", "type", "plurality", "writability")
COUNTED_TYPES = {AttributeType.NUMBER, AttributeType.LONG_NUMBER, AttributeType.DECIMAL}


@dataclass(slots=True)
class SchemaChanges:
    """added, removed: names of object types and "type.attribute" names. warnings: sentences."""

    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def summary(self) -> str:
        if not self.added and not self.removed:
            return "The schema has not changed."
        return " ".join(
            f"{label}: {', '.join(names)}."
            for label, names in (("Added", self.added), ("Removed", self.removed))
            if names
        )


def merge_schema(system: ConnectedSystem, discovered: Sequence[SchemaObjectType]) -> SchemaChanges:
    """Write the difference. Call in a transaction. Raises: ConfigurationError on names given twice."""
    _refuse_double_names(discovered)
    ConnectedSystem.objects.select_for_update().get(pk=system.pk)
    stored = {t.name.lower(): t for t in system.object_types.prefetch_related("attributes")}
    changes = SchemaChanges()
    for found in discovered:
        object_type = stored.pop(found.name.lower(), None) or _create_type(system, found, changes)
        _rename(object_type, found.name)
        _merge_attributes(object_type, found.attributes, changes)
    _remove_types(list(stored.values()), changes)
    return changes


def kept_type(discovered: str, *, external_id: bool) -> str:
    """An external ID that looks like a number is Text unless an administrator says otherwise.

    Identifiers are compared as text, and the next one may be "00123" or "A17".
    """
    return AttributeType.TEXT if external_id and discovered in COUNTED_TYPES else discovered


def _refuse_double_names(discovered: Sequence[SchemaObjectType]) -> None:
    lists = [("the store", [t.name for t in discovered])]
    lists += [(f"object type {t.name}", [a.name for a in t.attributes]) for t in discovered]
    for owner, names in lists:
        double = _first_double(names)
        if double is not None:
            raise ConfigurationError(
                f"The schema of {owner} has the name {double} twice (upper and lower case are one): rename one of them."
            )


def _first_double(names: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for name in names:
        if name.lower() in seen:
            return name
        seen.add(name.lower())
    return None


def _create_type(system: ConnectedSystem, found: SchemaObjectType, changes: SchemaChanges) -> ObjectType:
    changes.added.append(found.name)
    return ObjectType.objects.create(system=system, name=found.name)


def _rename(object_type: ObjectType, name: str) -> None:
    """Take over another spelling (upper and lower case) of the same name."""
    if object_type.name != name:
        object_type.name = name
        object_type.save(update_fields=["name"])


def _merge_attributes(object_type: ObjectType, found: Sequence[SchemaAttribute], changes: SchemaChanges) -> None:
    stored = {a.name.lower(): a for a in object_type.attributes.all()}
    is_new_type = not stored
    new, changed = [], []
    for discovered in found:
        attribute = stored.pop(discovered.name.lower(), None)
        if attribute is None:
            new.append(Attribute(object_type=object_type, **_stored_form(discovered)))
        elif _take_over(attribute, discovered, changes):
            changed.append(attribute)
    if stored:
        _remove_attributes(object_type, list(stored.values()), changes)
    Attribute.objects.bulk_update(changed, DISCOVERED_FIELDS)
    Attribute.objects.bulk_create(new)
    if not is_new_type:
        changes.added += [f"{object_type.name}.{a.name}" for a in new]
    _recommend_external_ids(object_type, found)


def _remove_attributes(object_type: ObjectType, vanished: Sequence[Attribute], changes: SchemaChanges) -> None:
    compared = AttributeUsage(object_type).compared
    changes.warnings += [
        f"{a.name} is no longer in the store, but the scope of rule {compared[a.pk]} depends on it: remove that "
        "criterion, then import the schema again."
        for a in vanished
        if a.pk in compared
    ]
    gone = [attribute for attribute in vanished if attribute.pk not in compared]
    changes.removed += [f"{object_type.name}.{a.name}" for a in gone]
    changes.warnings += remove_attributes(gone)


def _stored_form(discovered: SchemaAttribute) -> dict[str, str | None]:
    """The discovered fields as our row keeps them."""
    return {
        "name": discovered.name,
        "description": discovered.description or None,
        "class_name": discovered.class_name or None,
        "type": discovered.type.value,
        "plurality": Plurality.MULTI_VALUED if discovered.multi_valued else Plurality.SINGLE_VALUED,
        "writability": Writability.READ_WRITE if discovered.writable else Writability.READ_ONLY,
    }


def _take_over(attribute: Attribute, discovered: SchemaAttribute, changes: SchemaChanges) -> bool:
    """Whether anything about a known attribute is new."""
    wanted = _stored_form(discovered)
    if attribute.type_set_by_user:
        wanted |= {"type": attribute.type, "plurality": attribute.plurality}
    else:
        wanted["type"] = kept_type(discovered.type.value, external_id=attribute.is_external_id)
    differing = [name for name in DISCOVERED_FIELDS if getattr(attribute, name) != wanted[name]]
    if "type" in differing or "plurality" in differing:
        changes.warnings.append(
            f"{attribute.name} was {attribute.plurality} {attribute.type} and is now {wanted['plurality']} "
            f"{wanted['type']}: check the rules that use it and run a full import."
        )
    for name in differing:
        setattr(attribute, name, wanted[name])
    return bool(differing)


def _recommend_external_ids(object_type: ObjectType, found: Sequence[SchemaAttribute]) -> None:
    """Follow the connector's recommendation where the administrator has chosen nothing yet."""
    for flag, name in (
        ("is_external_id", next((a.name for a in found if a.external_id), None)),
        ("is_secondary_external_id", next((a.name for a in found if a.secondary_external_id), None)),
    ):
        attributes = Attribute.objects.filter(object_type=object_type)
        if name is not None and not attributes.filter(**{flag: True}).exists():
            attributes.filter(name=name).update(**{flag: True, "selected": True})


def _remove_types(vanished: Sequence[ObjectType], changes: SchemaChanges) -> None:
    """Remove object types that the store has no more; those with objects are only deselected."""
    for object_type in vanished:
        if ConnectorSpaceObject.objects.filter(object_type=object_type).exists():
            ObjectType.objects.filter(pk=object_type.pk).update(selected=False)
            changes.warnings.append(
                f"Object type {object_type.name} is no longer in the store but still has objects here. It was "
                "deselected: run a full import and a full synchronisation, then import the schema again."
            )
        else:
            changes.removed.append(object_type.name)
            changes.warnings += remove_object_types([object_type])
