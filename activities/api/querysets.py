"""Activities as the API shows them: with their progress, times and children, in one query.

The progress row itself is not loaded: its checkpoint and configuration may be large.
"""

from django.db.models import Count, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from activities.models import Activity


def activities_with_progress() -> QuerySet[Activity]:
    """Adds `counters` (None without progress), `objects_to_process`, `objects_processed`, `child_activity_count`,
    `execution_time` (None until it ran and ended) and `total_activity_time` (None until it ended)."""
    children = Activity.objects.filter(parent=OuterRef("pk")).order_by().values("parent")
    return Activity.objects.annotate(
        counters=F("progress__counters"),
        objects_to_process=Coalesce("progress__objects_to_process", 0),
        objects_processed=Coalesce("progress__objects_processed", 0),
        child_activity_count=Coalesce(
            Subquery(children.annotate(number=Count("pk")).values("number"), output_field=IntegerField()), 0
        ),
        execution_time=F("ended") - F("executed"),
        total_activity_time=F("ended") - F("created"),
    )
