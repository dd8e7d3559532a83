"""Unjoined: the match keys of objects that have no MVO, by which one that comes later finds them.

In: CSOs of one system whose change number is above what was keyed before. Out: `cso_match_key` rows. Always: only a
synchronisation writes them, under the metaverse's exclusive lease, so no import changes an object meanwhile; keys of
objects that are joined by now may be left, and are passed over by who reads them.
"""

from typing import Any

import orjson

from synchronisation.models import ConnectedSystem, MatchingRule
from synchronisation.rules.compile import CompiledRules, Matcher

from .bulk import copy_rows, uuid_array
from .pages import Run
from .statements import sql

KEY_COLUMNS = ("rule_id", "key", "cso_id")


def key_targets(run: Run, rules: CompiledRules) -> None:
    """Before export matching: the keys of what lies in the targets and belongs to nobody."""
    targets = {target.system_id for group in rules.outbound.values() for target in group if target.matchers}
    for system_id in sorted(targets - {run.specification.system.id}):
        key_system(run, rules, system_id)


def key_own(run: Run, rules: CompiledRules) -> None:
    """After the active objects: the keys of those that found no MVO.

    A full synchronisation that left none need not look for them.
    """
    if run.specification.run_type == "FullSynchronisation" and not run.facts.get("unjoined"):
        with run.page():
            _keyed(run.specification.system.id, run.facts["upper"])
    key_system(run, rules, run.specification.system.id)


def key_system(run: Run, rules: CompiledRules, system_id: int) -> None:
    """Key what changed in a system since it was keyed last; repeatable."""
    matchers = {
        kind.id: rules.source_matchers[kind.id]
        for kind in run.specification.object_types
        if kind.system_id == system_id and rules.source_matchers[kind.id]
    }
    while matchers and _key_page(run, system_id, matchers):
        pass


def _key_page(run: Run, system_id: int, matchers: dict[int, tuple[Matcher, ...]]) -> bool:
    with run.page() as page:
        after = ConnectedSystem.objects.values_list("keyed_number", flat=True).get(pk=system_id)
        highest: Any = page.cursor.execute(
            sql("highest_change_number"), {"system": system_id, "mark": after}
        ).fetchone()
        parameters = {"system": system_id, "after": after, "types": list(matchers), "limit": run.page_size}
        page.cursor.execute(sql("unkeyed_page"), parameters)
        rows = page.cursor.fetchall()
        page.cursor.execute(sql("remove_cso_keys"), {"ids": uuid_array(row[0] for row in rows)})
        keys = {
            (matcher.rule_id, key, cso_id)
            for cso_id, type_id, document, _ in rows
            for values in [orjson.loads(document)]
            for matcher in matchers[type_id]
            for source in matcher.source_keys
            for key in matcher.keys_of(values, source)
        }
        copy_rows(page.cursor, "cso_match_key", KEY_COLUMNS, keys)
        is_last = len(rows) < run.page_size
        _keyed(system_id, highest[0] if is_last else rows[-1][3])
    return not is_last


def _keyed(system_id: int, change_number: int) -> None:
    ConnectedSystem.objects.filter(pk=system_id).update(keyed_number=change_number)


def forget_keyed(rule_ids: set[int]) -> None:
    """Matching rules were saved since: what their systems hold is keyed anew."""
    systems = MatchingRule.objects.filter(id__in=rule_ids).values("object_type__system_id")
    ConnectedSystem.objects.filter(id__in=systems).update(keyed_number=0)
