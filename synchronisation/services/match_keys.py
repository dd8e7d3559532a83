"""Match keys of rules that changed or went: removed in sets, written anew by the next synchronisation.

Always: never under a synchronisation, which follows the rules as they were when it was taken. Without their keys it
would find nobody, and project a second object for everybody it meets.
"""

from collections.abc import Iterable

from django.db import connection

from activities.models import Activity, ActivityStatus
from synchronisation.engine.precedence import SYNCHRONISATIONS
from synchronisation.engine.statements import sql
from synchronisation.models import CsoMatchKey, MatchingRule, MvoMatchKey

from .errors import NotPossibleError


def forget_match_keys(rule_ids: Iterable[int]) -> None:
    """Remove all keys of matching rules that compare otherwise now, and let the next synchronisation write them anew.

    Call in a transaction, near its end: no run is taken until it ends. Raises: NotPossibleError.
    """
    ids = list(rule_ids)
    if not ids:
        return
    MvoMatchKey.objects.filter(rule_id__in=ids).delete()
    CsoMatchKey.objects.filter(rule_id__in=ids).delete()
    MatchingRule.objects.filter(pk__in=ids).update(keys_ready=False)
    if _is_synchronising():
        raise NotPossibleError(
            "A synchronisation is joining objects by the matching rules: wait until it has ended, or cancel it."
        )


def remove_orphaned_match_keys() -> None:
    """Remove the keys of matching rules that are gone. Call in a transaction, near its end.

    While a synchronisation goes by them they stay: no other rule will ever get their ids, and the next call takes
    them along.
    """
    if _is_synchronising():
        return
    existing = MatchingRule.objects.values("pk")
    MvoMatchKey.objects.exclude(rule_id__in=existing).delete()
    CsoMatchKey.objects.exclude(rule_id__in=existing).delete()


def _is_synchronising() -> bool:
    """Whether a synchronisation is at work or between two workers; none is taken until the transaction ends.

    Queued ones do not count: they read the rules when they are taken.
    """
    with connection.cursor() as cursor:
        cursor.execute(sql("lock_leases"))
    open_runs = Activity.objects.filter(status=ActivityStatus.IN_PROGRESS, run_type__in=SYNCHRONISATIONS)
    return open_runs.filter(executed__isnull=False).exists()
