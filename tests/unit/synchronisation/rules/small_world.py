"""Objects of the small schema, and the worlds in which they meet. MVOs and CSOs are called by name."""

from collections.abc import Mapping
from typing import Any

from synchronisation.rules.compile import CompiledRules
from synchronisation.rules.exports import Changes
from synchronisation.rules.inbound import Inbound, synchronise_inbound
from synchronisation.rules.world import Account, Cso, Export, Mvo, World

from .small_schema import ACCOUNT, HR, MV_PERSON, PERSON, SYSTEM_OF, Attribute, ObjectType, Values, document

Holding = Mapping[Attribute, tuple[int, int]]
"""Attribute -> (system id, rule id)."""


def mvo_of(values: Values, *accounts: Account, name: str = "mvo", holders: Holding | None = None, **fields: Any) -> Mvo:
    """An MVO as the page loaded it."""
    stored = document(values)
    held = {attribute.key: holder for attribute, holder in (holders or {}).items()}
    by_system = {account.system_id: account for account in accounts}
    return Mvo(name, MV_PERSON.id, stored, held, by_system, before=stored, **fields)  # type: ignore[arg-type]


def cso_of(values: Values, *, name: str = "cso", mvo: Mvo | None = None, **fields: Any) -> Cso:
    return Cso(name, PERSON.id, name, None, document(values), mvo=mvo, **fields)  # type: ignore[arg-type]


def account_of(
    values: Values | None = None,
    export: Export | None = None,
    *,
    object_type: ObjectType = ACCOUNT,
    status: str = "Normal",
    **fields: Any,
) -> Account:
    """An account as the page loaded it; export rule 2 was last in scope."""
    return Account(
        f"{object_type.name} account", SYSTEM_OF[object_type.id].id, object_type.id, status, "Provisioned",
        rule_id=2, stored_rule_id=2, document=document(values or {}), export=export, **fields,  # type: ignore[arg-type]
    )  # fmt: skip


def export_of(
    change_type: str = "Update",
    pending: Values | None = None,
    sent: Values | None = None,
    *,
    status: str = "Pending",
    error_count: int = 0,
    attempted: bool = False,
) -> Export:
    """A pending export as the page loaded it. pending, sent: attribute -> its part."""
    return Export(
        "export", change_type, status, changes(pending or {}), None if sent is None else changes(sent), error_count,
        attempted,
    )  # fmt: skip


def changes(values: Values) -> Changes:
    return {a.key: value for a, value in values.items()}


def world_of(rules: CompiledRules, *mvos: Mvo) -> World:
    """A world in which these MVOs, and no others, answer to their match keys."""
    world = World(lambda key: [], lambda ids: [])
    for mvo in mvos:
        world.add(mvo)
        for matcher in rules.matchers[mvo.type_id]:
            for key in matcher.keys_of(mvo.document, matcher.target_key):
                world.know((matcher.rule_id, key), world.answering((matcher.rule_id, key)) | {mvo.id})
    return world


def inbound(cso: Cso, world: World, rules: CompiledRules) -> Inbound:
    return synchronise_inbound(cso, world, rules, HR.id)


NOBODY = World(lambda key: [], lambda ids: [])
"""A world in which nothing answers to any key."""
