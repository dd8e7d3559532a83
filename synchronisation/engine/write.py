"""Write: what deciding changed in a page's World, in set-based statements.

New rows are copied straight into their tables; changed ones go through a temporary table and a join. Removals come
first, so that a join or a match key may be taken over within the page.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from psycopg import Cursor

from synchronisation.rules.compile import CompiledRules, Matcher
from synchronisation.rules.values import Document
from synchronisation.rules.world import Account, Export, MatchKey, Mvo, World, stored_holders

from .bulk import NULL, array_of, as_json, copy_lines, copy_rows, copy_temporary, escaped
from .deleted import note_deleted_mvos
from .pages import Page, Run
from .statements import sql

MVO_COLUMNS = ("id", "type_id", "created", "status", "origin", "display_name", "document", "holders")
CHANGED_MVO = {"id": "uuid", "display_name": "text", "document": "jsonb", "holders": "jsonb"}
CSO_COLUMNS = (
    "id", "system_id", "object_type_id", "created", "status", "external_id", "external_id_hash",
    "secondary_external_id_hash", "display_name", "document", "deprovisioned",
)  # fmt: skip
JOIN_COLUMNS = ("cso_id", "mvo_id", "system_id", "type", "created", "rule_id")
CHANGED_JOIN = ("cso_id", "mvo_id", "system_id")
KEY_TYPES = {"rule_id": "integer", "key": "uuid", "mvo_id": "uuid"}
EXPORT_COLUMNS = (
    "id", "cso_id", "system_id", "mvo_id", "rule_id", "change_type", "status", "created", "error_count",
    "max_retries", "has_unresolved_references", "pending",
)  # fmt: skip
CHANGED_EXPORT = {
    "id": "uuid", "change_type": "text", "status": "text", "error_count": "smallint", "pending": "jsonb",
}  # fmt: skip


def write_world(page: Page, run: Run, world: World, rules: CompiledRules, max_attempts: dict[int, int]) -> None:
    """Write everything the page changed. max_attempts: by system id, for new exports."""
    cursor, now = page.cursor, page.now
    _note_deleted(cursor, world, run.activity_id, now)
    moment = now.isoformat()  # as text: a datetime takes COPY 4 us, in five rows of every person
    deleted = {mvo.id for mvo in world.deleted_mvos}
    kept = [mvo for mvo in world.mvos.values() if mvo.id not in deleted]
    _remove(cursor, world, rules)
    _write_mvos(cursor, kept, rules, moment)
    _write_fates(cursor, kept, rules, moment)
    _write_keys(cursor, world)
    _write_accounts(cursor, kept, rules, moment)
    _write_exports(cursor, world, rules, moment, max_attempts)


def _note_deleted(cursor: Cursor[Any], world: World, activity_id: UUID, now: datetime) -> None:
    """Before they go; those that wait for their accounts to go are noted as well, with who caused it."""
    if world.deleted_mvos:
        note_deleted_mvos(cursor, [mvo.id for mvo in world.deleted_mvos], activity_id, now)
    waiting = [mvo.id for mvo in world.mvos.values() if mvo.became_obsolete]
    if waiting:
        note_deleted_mvos(cursor, waiting, activity_id, None)


def _remove(cursor: Cursor[Any], world: World, rules: CompiledRules) -> None:
    """What leaves its MVO. Only an account that an export rule once wanted is remembered as deprovisioned: an object
    of a mere source has nothing else to bring it back.
    """
    left = [cso.id for cso, _ in world.disconnected]
    removed = [a.cso_id for a in world.removed_accounts if a.is_removed]
    disconnected = [a for a in world.removed_accounts if not a.is_removed]
    deprovisioned = [a.cso_id for a in disconnected if a.rule_id is not None]
    left += [a.cso_id for a in disconnected if a.rule_id is None]
    if left:
        for name in ("remove_joins", "renumber_csos"):
            cursor.execute(sql(name), {"ids": array_of(left)})
    if removed:
        for name in ("remove_placeholder_exports", "remove_joins", "remove_cso_keys", "remove_csos"):
            cursor.execute(sql(name), {"ids": array_of(removed)})
    if deprovisioned:
        for name in ("remove_joins", "mark_deprovisioned"):
            cursor.execute(sql(name), {"ids": array_of(deprovisioned)})
    if world.deleted_mvos:
        ids = array_of(mvo.id for mvo in world.deleted_mvos)
        if rules.references:
            cursor.execute(sql("note_orphaned_references"), {"ids": ids})
        for name in ("remove_mvo_keys", "remove_mvo_references", "remove_mvo_joins", "remove_mvos"):
            cursor.execute(sql(name), {"ids": ids})


def _write_fates(cursor: Cursor[Any], mvos: list[Mvo], rules: CompiledRules, now: str) -> None:
    """Marks that go or change, and MVOs that stay only until their accounts are gone."""
    cleared = [mvo.id for mvo in mvos if mvo.mark_cleared]
    returned = [(mvo.id, mvo.returned) for mvo in mvos if mvo.returned is not None]
    obsolete = [mvo.id for mvo in mvos if mvo.became_obsolete]
    if cleared:
        cursor.execute(sql("clear_marks"), {"ids": array_of(cleared)})
    if returned:
        ids, systems = zip(*returned, strict=True)
        cursor.execute(sql("shorten_marks"), {"ids": array_of(ids), "systems": list(systems)})
    if obsolete:
        if rules.references:
            cursor.execute(sql("note_orphaned_references"), {"ids": array_of(obsolete)})
        for name in ("remove_mvo_keys", "remove_mvo_references", "make_obsolete"):
            cursor.execute(sql(name), {"ids": array_of(obsolete), "now": now})


def _write_mvos(cursor: Cursor[Any], mvos: list[Mvo], rules: CompiledRules, now: str) -> None:
    new = [mvo for mvo in mvos if mvo.is_new]
    changed = [_columns(mvo, rules) for mvo in mvos if mvo.is_changed]
    if new:
        copy_lines(cursor, "mvo", MVO_COLUMNS, (_mvo_line(mvo, rules, now) for mvo in new))
    if changed:
        copy_temporary(cursor, "changed_mvo", CHANGED_MVO, changed)
        cursor.execute(sql("update_mvos"), {"now": now})


def _columns(mvo: Mvo, rules: CompiledRules) -> tuple[str, str | None, str, str]:
    holders = orjson.dumps(stored_holders(mvo.holders)).decode()
    return mvo.id, rules.display_name[mvo.type_id](mvo.document), orjson.dumps(mvo.document).decode(), holders


def _mvo_line(mvo: Mvo, rules: CompiledRules, now: str) -> bytes:
    name = escaped(rules.display_name[mvo.type_id](mvo.document))
    start = f"{mvo.id}\t{mvo.type_id}\t{now}\tNormal\tProjected\t{name}\t"
    return start.encode() + as_json(mvo.document) + b"\t" + as_json(stored_holders(mvo.holders)) + b"\n"


def _write_keys(cursor: Cursor[Any], world: World) -> None:
    """Match keys follow the values they are made of."""
    if world.lost_keys:
        copy_temporary(cursor, "lost_key", KEY_TYPES, world.lost_keys)
        cursor.execute(sql("remove_lost_keys"))
    if world.gained_keys:
        copy_rows(cursor, "mvo_match_key", tuple(KEY_TYPES), world.gained_keys)
        if cursor.execute(sql("any_unjoined_key")).fetchone() is not None:
            rule_ids, keys, _ = zip(*world.gained_keys, strict=True)
            cursor.execute(sql("leave_over_answering"), {"rules": array_of(map(str, rule_ids)), "keys": array_of(keys)})


def match_keys(document: Document, matchers: Iterable[Matcher]) -> set[MatchKey]:
    """Every (matching rule, key) an MVO with this document answers to."""
    return {(matcher.rule_id, key) for matcher in matchers for key in matcher.keys_of(document, matcher.target_key)}


def _write_accounts(cursor: Cursor[Any], mvos: list[Mvo], rules: CompiledRules, now: str) -> None:
    accounts = [(mvo, account) for mvo in mvos for account in mvo.accounts.values()]
    new = [account for _, account in accounts if account.is_new]
    joined = [(mvo, account) for mvo, account in accounts if account.is_new or account.is_joined_now]
    join_rules = [
        (account.cso_id, account.rule_id)
        for _, account in accounts
        if account.rule_id != account.stored_rule_id and not (account.is_new or account.is_joined_now)
    ]
    if new:
        copy_lines(cursor, "cso", CSO_COLUMNS, (_placeholder_line(account, now) for account in new))
    if joined:
        copy_lines(cursor, "cso_join", JOIN_COLUMNS, (_join_line(mvo, account, now) for mvo, account in joined))
        if rules.references.notes_joins:
            _note_joins(cursor, joined)
    found = [account.cso_id for _, account in joined if not account.is_new]
    if found:
        for name in ("remove_cso_keys", "welcome_back"):
            cursor.execute(sql(name), {"ids": array_of(found)})
    if join_rules:
        copy_temporary(cursor, "join_rule", {"cso_id": "uuid", "rule_id": "integer"}, join_rules)
        cursor.execute(sql("update_join_rules"))


def _note_joins(cursor: Cursor[Any], changed: Iterable[tuple[Mvo, Account]]) -> None:
    """For the references at both ends, which flow when all objects are decided (references.py)."""
    copy_rows(cursor, "changed_join", CHANGED_JOIN, ((a.cso_id, mvo.id, a.system_id) for mvo, a in changed))


def _join_line(mvo: Mvo, account: Account, now: str) -> bytes:
    rule_id = account.rule_id or NULL
    return f"{account.cso_id}\t{mvo.id}\t{account.system_id}\t{account.join_type}\t{now}\t{rule_id}\n".encode()


def _placeholder_line(account: Account, now: str) -> bytes:
    return (
        f"{account.cso_id}\t{account.system_id}\t{account.object_type_id}\t{now}\t{account.status}\t"
        f"{escaped(account.external_id)}\t{account.external_id_hash or NULL}\t{account.secondary_hash or NULL}\t"
        f"{escaped(account.display_name)}\t{{}}\tf\n"
    ).encode()


def _write_exports(
    cursor: Cursor[Any], world: World, rules: CompiledRules, now: str, max_attempts: dict[int, int]
) -> None:
    exports = list(_exports(world))
    withdrawn = [export.id for _, _, export in exports if export.is_withdrawn and not export.is_new]
    new = [(mvo, account, export) for mvo, account, export in exports if export.is_new and not export.is_withdrawn]
    changed = [
        (export.id, export.change_type, export.status, export.error_count, orjson.dumps(export.pending).decode())
        for _, _, export in exports
        if export.is_changed and not export.is_new and not export.is_withdrawn
    ]
    if withdrawn:
        cursor.execute(sql("remove_exports"), {"ids": array_of(withdrawn)})
    if changed:
        copy_temporary(cursor, "changed_export", CHANGED_EXPORT, changed)
        cursor.execute(sql("update_exports"))
    if new:
        lines = (_export_line(mvo, account, export, now, max_attempts) for mvo, account, export in new)
        copy_lines(cursor, "pending_export", EXPORT_COLUMNS, lines)
        if rules.references:
            leaving = [(mvo, account) for mvo, account, export in new if mvo and export.change_type == "Delete"]
            _note_joins(cursor, leaving)


def _export_line(mvo: Mvo | None, account: Account, export: Export, now: str, max_attempts: dict[int, int]) -> bytes:
    start = (
        f"{export.id}\t{account.cso_id}\t{account.system_id}\t{mvo.id if mvo else NULL}\t{account.rule_id or NULL}\t"
        f"{export.change_type}\t{export.status}\t{now}\t0\t{max_attempts[account.system_id]}\tf\t"
    )
    return start.encode() + as_json(export.pending) + b"\n"


def _exports(world: World) -> Iterator[tuple[Mvo | None, Account, Export]]:
    """What is queued for the accounts of the page; (None, ...) for those that left their MVO."""
    for mvo in world.mvos.values():
        for account in mvo.accounts.values():
            if account.export is not None and not account.is_removed:
                yield mvo, account, account.export
    for account in world.removed_accounts:
        if account.export is not None and account.is_disconnected:
            yield None, account, account.export
