"""Search indexes: make the values of a metaverse attribute searchable, or no longer.

Always: an index is made and dropped beside running synchronisations, which wait for neither. It costs each of them:
3 us for each object it creates, and an update of any value can no longer stay on its page (HOT). So none is there until
somebody asks for it; the beginning of a display name is found without.
"""

from django.db import connection
from psycopg import sql

from activities.models import OperationType, TargetType
from activities.recorder import Initiator, recording
from synchronisation.models import AttributeType, MetaverseAttribute

from .errors import RefusedError

MAKE = sql.SQL("CREATE INDEX CONCURRENTLY {index} ON mvo USING hash (lower(document ->> {key}))")
"""A hash, since values may be longer than a btree takes; objects without a value are not in it. The expression is the
one that the list of objects filters by."""

ANALYSE = "ANALYZE mvo"
"""Without it the planner takes half a per cent of all objects to have any value."""

DROP = sql.SQL("DROP INDEX CONCURRENTLY IF EXISTS {index}")


def switch_search_index(attribute: MetaverseAttribute, *, searchable: bool, initiator: Initiator) -> None:
    """Takes seconds where there are many objects. Not in a transaction. Raises: RefusedError."""
    _refuse_unfit(attribute)
    with recording(
        TargetType.METAVERSE_ATTRIBUTE,
        OperationType.UPDATE,
        target_name=attribute.name,
        initiator=initiator,
        message="Changed: searchable." if attribute.searchable != searchable else "Nothing changed.",
    ):
        index, key = sql.Identifier(f"mvo_search_{attribute.pk}"), sql.Literal(str(attribute.pk))
        with connection.cursor() as cursor:
            cursor.execute(DROP.format(index=index))  # also one that was left unfinished
            if searchable:
                cursor.execute(MAKE.format(index=index, key=key))
                cursor.execute(ANALYSE)
        attribute.searchable = searchable
        attribute.save(update_fields=["searchable"])


def _refuse_unfit(attribute: MetaverseAttribute) -> None:
    if attribute.multi_valued or attribute.type == AttributeType.REFERENCE:
        raise RefusedError({"searchable": [f"{attribute.name} has no single value that an index could find."]})
