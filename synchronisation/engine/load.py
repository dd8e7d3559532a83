"""Load: one page of objects into a World, in a handful of set-based reads.

In: CSO ids in the order they are decided, or MVO ids. Out: the objects, the MVOs they are joined to or may match,
those MVOs' accounts in the systems that matter, and the pending exports of these.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import orjson
from psycopg import Cursor

from synchronisation.rules.compile import CompiledRules
from synchronisation.rules.world import (
    FETCHED_PER_KEY,
    Account,
    Contributor,
    Cso,
    Export,
    MatchKey,
    Mvo,
    World,
    read_holders,
)

from .bulk import NO_IDS, array_of
from .statements import sql


def load_page(
    cursor: Cursor[Any], ids: Sequence[str], rules: CompiledRules, system_id: int, before: World | None
) -> World:
    """The world of one page of CSOs of `system_id`.

    before: the world of the page before, which may be on its way to the database still.
    """
    systems = _systems(rules, system_id)
    under_way = before.mvos if before is not None else {}
    world = World(
        lambda key: _answering(cursor, key, systems, under_way),
        partial(_contributors, cursor),
        partial(_unjoined, cursor),
    )
    joined = _load_csos(cursor, ids, world)
    unjoined = [cso for cso in world.csos if cso.id not in joined]
    wanted = set(joined.values()) | _load_keys(cursor, unjoined, world, rules)
    for mvo in _present(cursor, wanted, systems, under_way):
        world.add(mvo)
    if before is not None:
        world.follow(before)
    for cso in world.csos:
        if cso.id in joined:
            cso.mvo = world.mvos.get(joined[cso.id])
    return world


def empty_world(cursor: Cursor[Any]) -> World:
    """A world whose MVOs are added by hand; nobody joins in it."""
    return World(lambda key: [], partial(_contributors, cursor), partial(_unjoined, cursor))


def _contributors(cursor: Cursor[Any], ids: Iterable[str]) -> Iterator[tuple[str, Contributor]]:
    cursor.execute(sql("load_contributors"), {"ids": array_of(ids)})
    for mvo_id, system_id, type_id, document in cursor.fetchall():
        yield mvo_id, Contributor(system_id, type_id, orjson.loads(document))


def load_unjoined(
    cursor: Cursor[Any],
    world: World,
    mvos: Iterable[Mvo],
    rules: CompiledRules,
    before: World | None = None,
) -> None:
    """The objects of target systems that MVOs without an account there may find by the targets' matching rules.

    before: the world of the page before, whose joins may be on their way to the database still.
    """
    if before is not None:
        world.matched_before = before.matched
    if cursor.execute(sql("any_unjoined_key")).fetchone() is None:
        return
    keys = {
        (matcher.rule_id, key)
        for mvo in mvos
        for target in rules.outbound.get(mvo.type_id, ())
        if target.system_id not in mvo.accounts and not mvo.deletion_eligible
        for matcher in target.matchers
        for key in matcher.keys_of(mvo.document, matcher.target_key)
    }
    if not keys:
        return
    rule_ids, hashes = zip(*keys, strict=True)
    parameters = {"rules": array_of(map(str, rule_ids)), "keys": array_of(hashes), "limit": FETCHED_PER_KEY}
    cursor.execute(sql("load_unjoined"), parameters)
    for rule_id, key, *columns in cursor.fetchall():
        world.unjoined.setdefault((rule_id, key), []).append(_account(columns))


def _unjoined(cursor: Cursor[Any], key: MatchKey) -> list[Account]:
    cursor.execute(sql("load_unjoined"), {"rules": [key[0]], "keys": array_of([key[1]]), "limit": None})
    return [_account(columns) for _, _, *columns in cursor]


def _systems(rules: CompiledRules, system_id: int) -> list[int]:
    """The systems whose accounts decide anything: the run's own, and the targets."""
    targets = {target.system_id for group in rules.outbound.values() for target in group}
    return sorted(targets | {system_id})


def _load_csos(cursor: Cursor[Any], ids: Sequence[str], world: World) -> dict[str, str]:
    """Fill the world's CSOs; the MVO's id by CSO id, of those that are joined."""
    joined = {}
    cursor.execute(sql("load_csos"), {"ids": array_of(ids)})
    for cso_id, type_id, external_id, display_name, document, deprovisioned, mvo_id in cursor.fetchall():
        world.csos.append(Cso(cso_id, type_id, external_id, display_name, orjson.loads(document), deprovisioned))
        if mvo_id is not None:
            joined[cso_id] = mvo_id
    return joined


def _load_keys(cursor: Cursor[Any], unjoined: Iterable[Cso], world: World, rules: CompiledRules) -> set[str]:
    """Look up the match keys of the unjoined CSOs; the MVOs that answer."""
    keys = {
        (matcher.rule_id, key)
        for cso in unjoined
        if not cso.deprovisioned and cso.object_type_id in rules.inbound
        for matcher in rules.inbound[cso.object_type_id].matchers
        for source in matcher.source_keys
        for key in matcher.keys_of(cso.document, source)
    }
    if not keys:
        return set()
    rule_ids, hashes = zip(*keys, strict=True)
    parameters = {"rules": array_of(map(str, rule_ids)), "keys": array_of(hashes), "limit": FETCHED_PER_KEY}
    cursor.execute(sql("load_match_keys"), parameters)
    found: dict[MatchKey, set[str]] = {match_key: set() for match_key in keys}
    for rule_id, key, mvo_id in cursor.fetchall():
        found[rule_id, key].add(mvo_id)
    for match_key, mvo_ids in found.items():
        world.know(match_key, mvo_ids)
    return set().union(*found.values()) if found else set()


def _answering(cursor: Cursor[Any], key: MatchKey, systems: list[int], under_way: Mapping[str, Mvo]) -> list[Mvo]:
    cursor.execute(sql("answering_mvos"), {"rule": key[0], "key": key[1]})
    return _present(cursor, {mvo_id for (mvo_id,) in cursor.fetchall()}, systems, under_way)


def _present(cursor: Cursor[Any], ids: set[str], systems: list[int], under_way: Mapping[str, Mvo]) -> list[Mvo]:
    """MVOs as they are once what is under way is written."""
    stored = load_mvos(cursor, ids - under_way.keys(), systems)
    return stored + [under_way[mvo_id].settled() for mvo_id in sorted(ids & under_way.keys())]


def load_mvos(cursor: Cursor[Any], ids: Iterable[str], systems: list[int] | None) -> list[Mvo]:
    """MVOs with their accounts in these systems (None: in all)."""
    wanted = array_of(ids)
    if wanted == NO_IDS:
        return []
    cursor.execute(sql("load_mvos"), {"ids": wanted})
    mvos = {}
    for mvo_id, type_id, document, holders, is_marked, marked_by, is_obsolete in cursor.fetchall():
        values = orjson.loads(document)
        held = read_holders(orjson.loads(holders))
        mvos[mvo_id] = Mvo(
            mvo_id, type_id, values, held, before=values, deletion_eligible=is_marked, marked_by=tuple(marked_by),
            is_obsolete=is_obsolete,
        )  # fmt: skip
    cursor.execute(sql("load_accounts"), {"ids": wanted, "systems": systems})
    for mvo_id, *columns in cursor.fetchall():
        account = _account(columns)
        mvos[mvo_id].accounts[account.system_id] = account
    return list(mvos.values())


def _account(columns: list[Any]) -> Account:
    (
        cso_id, system_id, type_id, status, join_type, rule_id, document, external_id, display_name,
        export_id, change_type, export_status, pending, sent, error_count, attempted,
    ) = columns  # fmt: skip
    export = None
    if export_id is not None:
        export = Export(
            export_id,
            change_type,
            export_status,
            orjson.loads(pending),
            orjson.loads(sent) if sent is not None else None,
            error_count,
            attempted,
        )
    return Account(
        cso_id, system_id, type_id, status, join_type, rule_id, rule_id, orjson.loads(document), external_id,
        display_name=display_name, export=export,
    )  # fmt: skip
