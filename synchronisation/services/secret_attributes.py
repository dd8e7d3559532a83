"""Secret attributes: whose queued values nobody may see, only that they are set (engine.md section 6).

Always: an attribute is secret when a mapping fills it with the help of a secret function, or when it is not selected:
such an attribute is never read, so only a secret may be mapped to it.
"""

from collections.abc import Collection

from synchronisation.expressions import AnyNames, compile_expression
from synchronisation.models import Attribute, SyncRuleMappingSource


def secret_attributes(ids: Collection[int]) -> set[int]:
    """Those of the attributes that are secret. Two queries."""
    unselected = Attribute.objects.filter(pk__in=ids, selected=False).values_list("pk", flat=True)
    sources = SyncRuleMappingSource.objects.filter(mapping__target_attribute__in=ids)
    mapped = sources.values_list("mapping__target_attribute_id", "expression")
    return {*unselected, *(target for target, text in mapped if target is not None and text and _makes_secret(text))}


def _makes_secret(expression: str) -> bool:
    return compile_expression(expression, mv=AnyNames(), cs=AnyNames()).uses_random
