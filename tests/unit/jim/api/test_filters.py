from typing import Any

import pytest
from django.db.models import Q
from django.http import QueryDict

from activities.api.filtersets import ActivityFilter
from activities.models import Activity, OperationType
from jim.api.filters import BooleanFilter, EnumFilter, FilterSet, IntegerFilter, UUIDFilter


class SampleFilter(FilterSet):
    """One of each kind that the list of activities does not use; any model will do."""

    cancel_requested = BooleanFilter()
    sync_rule_id = IntegerFilter()
    task_id = UUIDFilter()
    operation_type = EnumFilter(choices=OperationType)


def _apply(filterset: type[FilterSet], query: str) -> Any:
    return filterset(QueryDict(query), Activity.objects.all())


@pytest.mark.parametrize(
    ("filterset", "query", "condition"),
    [
        (SampleFilter, "cancelRequested=true", Q(cancel_requested__exact=True)),
        (SampleFilter, "syncRuleId=5", Q(sync_rule_id__exact=5)),
        (SampleFilter, "operationType=Clear", Q(operation_type__exact="Clear")),
        (SampleFilter, "sync_rule_id=5&unknown=1", Q()),
        (ActivityFilter, "runType=Export&runType=FullImport", Q(run_type="Export") | Q(run_type="FullImport")),
        (ActivityFilter, "initiatedByName=Ann", Q(initiated_by_name__iexact="Ann")),
        (ActivityFilter, "search=&", Q()),
        (
            ActivityFilter,
            "search=50%25_",
            Q(target_name__icontains="50%_") | Q(target_type__icontains="50%_") | Q(run_type__icontains="50%_"),
        ),
    ],
)
def test_filterset_turns_a_query_into_a_condition(filterset: type[FilterSet], query: str, condition: Q) -> None:
    narrowed = _apply(filterset, query)
    assert narrowed.is_valid(), narrowed.errors
    assert str(narrowed.qs.query) == str(Activity.objects.filter(condition).query)


@pytest.mark.parametrize(
    ("filterset", "query", "refused"),
    [
        (SampleFilter, "cancelRequested=True", {"cancelRequested"}),
        (SampleFilter, "cancelRequested=1", {"cancelRequested"}),
        (SampleFilter, "syncRuleId=2147483648", {"syncRuleId"}),
        (SampleFilter, "taskId=x&operationType=clear", {"taskId", "operationType"}),
        (ActivityFilter, "status=", {"status"}),
        (ActivityFilter, "status=Complete&status=0", {"status"}),
        (ActivityFilter, "runType=FullSync", {"runType"}),
        (ActivityFilter, "connectedSystemId=1.5", {"connectedSystemId"}),
        (ActivityFilter, "createdFrom=yesterday&createdTo=", {"createdFrom", "createdTo"}),
        (ActivityFilter, "search=%00&initiatedByName=a%00", {"search", "initiatedByName"}),
    ],
)
def test_filterset_refuses_what_it_cannot_read(filterset: type[FilterSet], query: str, refused: set[str]) -> None:
    assert set(_apply(filterset, query).errors) == refused
