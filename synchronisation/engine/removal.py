"""Removal: all objects of a connected system go, because it is cleared or deleted (engine.md section 9).

    cleared   metaverse values stay, held by nobody; no deletion rule is asked; the next import begins anew
    deleted   each object leaves as an obsolete one does: values are recalled, deletion rules asked (deletion.py), and
              then the system goes with its schema, rules and run profiles

In: the rows of one system, under its lease and that of the metaverse. Out: none of them. Always: page by page, so that
an interrupted removal goes on where it was; what the metaverse loses is said on items, as in a synchronisation.
"""

from functools import partial

from activities.statistics import Counter as STAT
from synchronisation.models import ConnectedSystem
from synchronisation.rules.compile import compile_rules

from .bulk import array_of
from .deleted import note_deleted_csos, remove_finished_mvos
from .pages import Page, Run
from .statements import sql
from .synchronise import remove_page
from .unjoined import key_targets
from .work import for_each_page

LIST = "obsolete"

CLEARING = (
    "forget_holders",
    "release_references",
    "cut_joins",
    "remove_own_references",
    "remove_placeholder_exports",
    "remove_left_over",
    "remove_cso_keys",
    "remove_csos",
)

DETAILS_PER_PAGE = 10_000
"""Rows that one statement removes: by key and without leaving PostgreSQL, so more than a page has objects."""


def prepare(run: Run) -> None:
    """Fix the list of objects and, for a deletion, what the rules of other systems need."""
    with run.page() as page:
        page.cursor.execute(sql("forget_work"))
        page.cursor.execute(sql("queue_system"), {"system": run.specification.system.id})
        run.counters[STAT.OBJECTS_PROCESSED] = page.cursor.rowcount
        page.cursor.execute("ANALYZE work")
    key_targets(run, compile_rules(run.specification))


def clear_objects(run: Run) -> None:
    for_each_page(run, LIST, partial(_clear_page, run))


def _clear_page(run: Run, page: Page, ids: list[str]) -> None:
    """MVOs that only waited for the deletes of their accounts to be exported are gone with the last of these."""
    cursor = page.cursor
    parameters = {"ids": array_of(ids), "system": run.specification.system.id}
    cursor.execute(sql("joined_mvos"), parameters)
    mvo_ids = [mvo_id for (mvo_id,) in cursor.fetchall()]
    _note_deleted(run, page, ids)
    for name in CLEARING:
        cursor.execute(sql(name), parameters)
    remove_finished_mvos(cursor, mvo_ids, page.now)


def remove_objects(run: Run) -> None:
    for_each_page(run, LIST, partial(_remove_page, run))


def _remove_page(run: Run, page: Page, ids: list[str]) -> None:
    _note_deleted(run, page, ids)
    remove_page(page, ids)


def _note_deleted(run: Run, page: Page, ids: list[str]) -> None:
    if run.specification.keep_change_history:
        note_deleted_csos(page.cursor, ids, run.activity_id, page.now)


def forget_history(run: Run) -> None:
    """What runs of the system changed in its objects, where it is not to be kept; the runs and their items stay."""
    if run.specification.keep_change_history:
        return
    with run.page() as page:
        page.cursor.execute(sql("remove_deleted_csos"), {"system": run.specification.system.id})
    with run.reading() as cursor:
        runs = cursor.execute(sql("history_runs"), {"system": run.specification.system.id}).fetchall()
    for run_id, month, items in runs:
        for first in range(0, items, DETAILS_PER_PAGE):
            bounds = {"month": month, "run": run_id, "first": first, "last": first + DETAILS_PER_PAGE}
            with run.page() as page:
                page.cursor.execute(sql("remove_details"), bounds)


def forget_positions(run: Run) -> None:
    """What is known of a cleared system beside its configuration."""
    with run.page() as page:
        page.cursor.execute(sql("forget_system_rows"), {"system": run.specification.system.id})


def forget_system(run: Run) -> None:
    """The system itself, with its schema, rules and run profiles."""
    parameters = {"system": run.specification.system.id}
    with run.page() as page:
        for name in ("forget_system_rows", "remove_match_keys_of_system"):
            page.cursor.execute(sql(name), parameters)
        ConnectedSystem.objects.filter(pk=run.specification.system.id).delete()
        page.cursor.execute(sql("close_priority_gaps"))
