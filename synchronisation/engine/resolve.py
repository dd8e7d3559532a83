"""Resolve: reference texts of the imported system to the objects they name, by set.

In: reference rows without a target, of this run and of earlier ones, and those whose name changed hands. Out: targets;
for objects that this run added or changed, or one of whose references lost its target, an item error naming what could
not be found. Always: the text stays, whatever happens to the target.
"""

from typing import Any

from psycopg import Cursor

from activities.statistics import Counter as STAT
from activities.statistics import change_type_key

from .items import Item
from .pages import LOOK_UPS_ONLY, Run
from .statements import sql

NAMES_PER_PAGE = 10_000
"""Distinct reference texts a page: a page's rows are bounded by how often one text occurs."""

NAMES_IN_MESSAGE = 3


def resolve_references(run: Run) -> None:
    """Ask whose the names that were given up are now, resolve what can be, then say what could not. Repeatable."""
    while _renamed_page(run):
        pass
    while _resolve_page(run):
        pass
    while _lost_page(run):
        pass
    while _report_page(run):
        pass


def _renamed_page(run: Run) -> bool:
    """References by names that the next objects gave up are resolved again; False when there are none."""
    parameters = {"after": run.position.get("renamed", 0), "limit": run.page_size}
    with run.page() as page:
        row: Any = page.cursor.execute(sql("renamed_bounds"), parameters).fetchone()
        if row[0] is None:
            return False
        page.cursor.execute(sql("mark_stale"), {**parameters, "last": row[0]})
        page.position["renamed"] = row[0]
    return True


def _resolve_page(run: Run) -> bool:
    """Resolve the next texts in the order of their hash; False when there are none."""
    after = run.position.get("name", "00000000-0000-0000-0000-000000000000")
    parameters = {"system": run.specification.system.id, "after": after, "limit": NAMES_PER_PAGE}
    with run.page() as page:
        row: Any = page.cursor.execute(sql("unresolved_bounds"), parameters).fetchone()
        if row[0] is None:
            return False
        parameters["last"] = row[0]
        page.cursor.execute(LOOK_UPS_ONLY)
        _resolve(page.cursor, parameters, "answer_by_external_id", by_name=False)
        if any(kind.secondary_external_id is not None for kind in run.specification.own_types()):
            _resolve(page.cursor, parameters, "answer_by_secondary_external_id", by_name=True)
        run.position["name"] = str(row[0])
    return True


def _resolve(cursor: Cursor[Any], parameters: dict[str, Any], answer: str, *, by_name: bool) -> None:
    """Resolve what names a single object. by_name: normalised texts are compared, not exact ones."""
    cursor.execute(sql("make_resolution"))
    cursor.execute(sql("note_unresolved"), {**parameters, "by_name": by_name})
    cursor.execute(sql(answer), parameters)
    cursor.execute(sql("resolve_unresolved"), parameters)
    cursor.execute("DROP TABLE unresolved, known_name")


def _lost_page(run: Run) -> bool:
    """Items for the next unchanged objects one of whose references lost its target; what is missing is said later."""
    after = run.position.get("lost", "00000000-0000-0000-0000-000000000000")
    with run.page() as page:
        page.cursor.execute(sql("lost_page"), {"after": after, "limit": run.page_size})
        rows = page.cursor.fetchall()
        if not rows:
            return False
        page.items += [Item(external, name, kind, "Update", cso_id=cso_id) for cso_id, external, name, kind in rows]
        csos = [row[0] for row in rows]
        ordinals = list(range(run.item_count, run.item_count + len(rows)))
        page.cursor.execute(sql("note_items_of"), {"csos": csos, "ordinals": ordinals})
        if run.specification.run_type == "FullImport":
            page.counters[STAT.UNCHANGED] -= len(rows)
        page.position["lost"] = csos[-1]
    return True


def _report_page(run: Run) -> bool:
    """Put UnresolvedReference on the items of the next objects that name something unknown."""
    parameters = {
        "after": run.position.get("item", -1),
        "limit": NAMES_PER_PAGE,
        "activity": run.activity_id,
        "month": run.month,
        "names": NAMES_IN_MESSAGE,
    }
    with run.page() as page:
        row: Any = page.cursor.execute(sql("item_bounds"), parameters).fetchone()
        if row[0] is None:
            return False
        parameters["last"] = row[0]
        page.cursor.execute(sql("report_unresolved"), parameters)
        for (change_type,) in page.cursor.fetchall():
            run.counters[STAT.OBJECT_ERRORS] += 1
            run.counters[STAT.OBJECT_CHANGES] -= 1
            run.counters[change_type_key(change_type)] -= 1
        run.position["item"] = row[0]
    return True
