"""Match keys of rules that changed or went: removed in sets, written anew by the next synchronisation."""

from collections.abc import Iterable

from synchronisation.models import CsoMatchKey, MatchingRule, MvoMatchKey


def forget_match_keys(rule_ids: Iterable[int]) -> None:
    """Remove all keys of these matching rules and let the next synchronisation write them anew."""
    ids = list(rule_ids)
    if not ids:
        return
    MvoMatchKey.objects.filter(rule_id__in=ids).delete()
    CsoMatchKey.objects.filter(rule_id__in=ids).delete()
    MatchingRule.objects.filter(pk__in=ids).update(keys_ready=False)
