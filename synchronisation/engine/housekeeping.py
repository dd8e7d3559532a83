"""Housekeeping: MVOs whose grace period is over are deleted, if their deletion rule still fires.

In: marked MVOs. Out: MVOs deleted, or obsolete until the deletes of their accounts are exported; marks cleared where
the rule fires no longer; an item for each MVO that went, naming the system whose loss marked it.
"""

from functools import partial

from activities.statistics import Counter as STAT
from synchronisation.rules.compile import CompiledRules, compile_rules
from synchronisation.rules.deletion import is_due
from synchronisation.rules.world import Mvo, World

from .deletion import Deleter
from .items import Item, Outcome
from .load import empty_world, load_mvos
from .pages import Page, Run
from .statements import sql
from .work import for_each_page
from .write import write_world

LIST = "deletion"


def prepare(run: Run) -> None:
    """Fix the list: what is due now, longest due first."""
    with run.page() as page:
        page.cursor.execute(sql("forget_work"))
        page.cursor.execute(sql("queue_due_deletions"), {"now": run.specification.now})
        row = page.cursor.execute(sql("count_queued")).fetchone()
        run.counters[STAT.OBJECTS_PROCESSED] = row[0] if row else 0


def delete_due(run: Run) -> None:
    """Judge and delete page by page."""
    for_each_page(run, LIST, partial(_delete_page, run, compile_rules(run.specification)))


def _delete_page(run: Run, rules: CompiledRules, page: Page, ids: list[str]) -> None:
    world = empty_world(page.cursor)
    deleter = Deleter(run)
    for mvo in load_mvos(page.cursor, ids, None):
        world.add(mvo)
    for mvo_id in ids:
        mvo = world.mvos[mvo_id]
        if is_due(mvo, rules.types[mvo.type_id]):
            page.items.append(_deleted(world, mvo, rules, deleter))
        else:
            mvo.mark_cleared = True
    page.counters[STAT.UNCHANGED] += len(ids) - len(page.items)
    attempts = {system.id: system.max_export_attempts for system in run.specification.systems}
    write_world(page, run, world, rules, attempts)


def _deleted(world: World, mvo: Mvo, rules: CompiledRules, deleter: Deleter) -> Item:
    first = mvo.marked_by[0] if mvo.marked_by else 0
    outcome = Outcome("MvoDeleted", target_system=deleter.system_names.get(first))
    name = rules.display_name[mvo.type_id](mvo.document)
    deleter.delete(world, mvo, outcome)
    return Item(None, name, rules.types[mvo.type_id].name, "Delete", mvo_id=mvo.id, outcomes=[outcome])
