"""State: all that runs left behind, free of ids, times and order, so that two installations can be compared.

Out: what -> rows as text, sorted. Objects go by system and external ID, identities by what is known of them.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from synchronisation.models import (
    Attribute,
    ConnectedSystem,
    ConnectorSpaceObject,
    CsoReference,
    Join,
    LeftOver,
    MatchingRule,
    MetaverseAttribute,
    MetaverseObject,
    MetaverseReference,
    MvoMatchKey,
    PendingExport,
    PendingExportReference,
    SyncRule,
)
from synchronisation.rules.world import read_holders

State = dict[str, list[str]]


def state(*, with_join_types: bool = True) -> State:
    """with_join_types: whether it counts how an object came to its identity; who comes first projects."""
    names = dict(Attribute.objects.values_list("id", "name"))
    metaverse_names = dict(MetaverseAttribute.objects.values_list("id", "name"))
    rules = dict(SyncRule.objects.values_list("id", "name"))
    systems = dict(ConnectedSystem.objects.values_list("id", "name"))
    matching = dict(MatchingRule.objects.values_list("id", "object_type__system__name"))
    objects = {
        pk: f"{system}/{external_id}"
        for pk, system, external_id in ConnectorSpaceObject.objects.values_list("id", "system__name", "external_id")
    }
    identities = {
        pk: str(named(document, metaverse_names))
        for pk, document in MetaverseObject.objects.values_list("id", "document")
    }
    return {
        "objects": rows(
            (objects[pk], status, deprovisioned, name, named(document, names))
            for pk, status, deprovisioned, name, document in ConnectorSpaceObject.objects.values_list(
                "id", "status", "deprovisioned", "display_name", "document"
            )
        ),
        "references of objects": rows(
            (objects[cso], names[attribute], text, objects.get(target))
            for cso, attribute, text, target in CsoReference.objects.values_list(
                "cso_id", "attribute_id", "text", "target_id"
            )
        ),
        "identities": rows(
            (named(document, metaverse_names), _holders(holders, metaverse_names, rules), name, status,
             eligible is not None, systems.get(marked_by))
            for document, holders, name, status, eligible, marked_by in MetaverseObject.objects.values_list(
                "document", "holders", "display_name", "status", "deletion_eligible", "deletion_marked_by"
            )
        ),
        "references of identities": rows(
            (identities[mvo], metaverse_names[attribute], identities[target], systems.get(system), rules.get(rule))
            for mvo, attribute, target, system, rule in MetaverseReference.objects.values_list(
                "mvo_id", "attribute_id", "target_id", "system_id", "rule_id"
            )
        ),
        "joins": rows(
            (objects[cso], identities[mvo], kind if with_join_types else "", rules.get(rule))
            for cso, mvo, kind, rule in Join.objects.values_list("cso_id", "mvo_id", "type", "rule_id")
        ),
        "match keys": rows(
            (identities[mvo], matching[rule], key)
            for rule, key, mvo in MvoMatchKey.objects.values_list("rule_id", "key", "mvo_id")
        ),
        "pending exports": rows(
            (objects[cso], change, status, errors, named(pending, names), named(sent or {}, names))
            for cso, change, status, errors, pending, sent in PendingExport.objects.values_list(
                "cso_id", "change_type", "status", "error_count", "pending", "sent"
            )
        ),
        "pending references": rows(
            (objects[cso], names[attribute], "-" if is_removal else "+", objects.get(target), status)
            for cso, attribute, target, is_removal, status in PendingExportReference.objects.values_list(
                "cso_id", "attribute_id", "target_id", "is_removal", "status"
            )
        ),
        "left over": rows((objects[cso], reason) for cso, reason in LeftOver.objects.values_list("cso_id", "reason")),
    }  # fmt: skip


def rows(values: Iterable[tuple[Any, ...]]) -> list[str]:
    return sorted(map(str, values))


def named(document: Mapping[str, Any], names: Mapping[int, str]) -> dict[str, Any]:
    return dict(sorted((names[int(key)], value) for key, value in document.items()))


def _holders(stored: Any, names: Mapping[int, str], rules: Mapping[int, str]) -> list[tuple[str, str | None]]:
    return sorted((names[int(key)], rules.get(rule)) for key, (_, rule) in read_holders(stored).items())
