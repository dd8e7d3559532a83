"""Rejections: objects that delta imports could not take, and that no later delta shows again unless they change.

In: the rejected rows of a delta import; what any later import took. Out: a warning that names them, on each import
until one takes them. Always: an update that names some attributes only does not end it, since it leaves those
unread for which the object was rejected; a full import reads everything and so ends all it does not reject itself.
"""

from typing import Any

from .pages import Page, Run
from .stage import takes_updates
from .statements import sql

NAMED = 10
"""Objects in the warning, which says how many there are."""


def remember(run: Run, page: Page, *, after: int, last: int) -> None:
    """Keep the rejected rows between two row numbers, in the page that writes their items."""
    if run.specification.run_type != "DeltaImport":
        return
    parameters = {**_scope(run), "after": after, "last": last}
    known = page.cursor.execute(sql("remember_rejected"), parameters).fetchall()
    run.facts["old_errors"] |= any(was_known for (was_known,) in known)


def settle(run: Run) -> None:
    """Forget those that this import has taken, and name the others. Repeatable."""
    with run.page() as page:
        parameters = _scope(run)
        if page.cursor.execute(sql("any_remembered"), parameters).fetchone() is None:
            return
        page.cursor.execute(sql("forget_accepted"), parameters)
        row: Any = page.cursor.execute(sql("remembered"), {**parameters, "limit": NAMED}).fetchone()
        count, names = row
        if count:
            more = f" and {count - NAMED} more" if count > NAMED else ""
            run.warn(
                f"{count} objects that delta imports rejected are still not imported: {', '.join(names)}{more}. "
                "Correct them in the source; if a delta import does not show them again then, run a full import."
            )


def _scope(run: Run) -> dict[str, Any]:
    specification = run.specification
    return {
        "system": specification.system.id,
        "partition": specification.partition_id,
        "full": specification.run_type == "FullImport",
        "updates": takes_updates(specification),
    }
