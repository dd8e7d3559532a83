"""Query parameters of the lists of activities and of their items."""

from collections.abc import Sequence

from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, QuerySet, Value

from activities.items import NOT_IN_SUMMARY
from activities.models import (
    ActivityStatus,
    ErrorType,
    ExecutionItemDetail,
    ObjectChangeType,
    OutcomeType,
    RunType,
    TargetType,
)
from jim.api.filters import (
    BooleanFilter,
    DateTimeFilter,
    EnumListFilter,
    FilterSet,
    IntegerListFilter,
    PrefixFilter,
    SearchFilter,
    TextListFilter,
)


class ActivityFilter(FilterSet):
    search = SearchFilter("target_name", "target_type", "run_type")
    status = EnumListFilter(choices=ActivityStatus)
    target_type = EnumListFilter(choices=TargetType)
    connected_system_id = IntegerListFilter()
    run_type = EnumListFilter(choices=RunType)
    initiated_by_name = TextListFilter()
    created_from = DateTimeFilter(field_name="created", lookup_expr="gte")
    created_to = DateTimeFilter(field_name="created", lookup_expr="lte")


class HasErrorFilter(BooleanFilter):
    def filter(self, queryset: QuerySet, value: bool | None) -> QuerySet:
        return queryset if value is None else queryset.filter(error_type__isnull=not value)


class OutcomeFilter(EnumListFilter):
    """By the item's summary; what that leaves out is looked for in the details, which are kept for less long."""

    def filter(self, queryset: QuerySet, value: Sequence[str]) -> QuerySet:
        if not value:
            return queryset
        wanted = Q(pk__in=[])
        for outcome in value:
            wanted |= _in_tree(outcome) if outcome in NOT_IN_SUMMARY else _in_summary(outcome)
        return queryset.filter(wanted)


def _in_summary(outcome: str) -> Q:
    """`Type:count` pairs joined by commas."""
    return Q(outcome_summary__startswith=f"{outcome}:") | Q(outcome_summary__contains=f",{outcome}:")


def _in_tree(outcome: str) -> Q:
    item = {"month": OuterRef("month"), "activity": OuterRef("activity"), "ordinal": OuterRef("ordinal")}
    path = Value(f'$.**.type ? (@ == "{outcome}")')
    has_node = Func(
        F("outcomes"),
        path,
        function="jsonb_path_exists",
        template="%(function)s(%(expressions)s::jsonpath)",
        output_field=BooleanField(),
    )
    return Q(Exists(ExecutionItemDetail.objects.filter(has_node, **item)))


class ExecutionItemFilter(FilterSet):
    error_type = EnumListFilter(choices=ErrorType)
    object_change_type = EnumListFilter(choices=ObjectChangeType, field_name="change_type")
    outcome = OutcomeFilter(choices=OutcomeType)
    has_error = HasErrorFilter()
    search = PrefixFilter("external_id", "display_name")
