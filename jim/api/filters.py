"""Query parameters: filters that refuse what they cannot read instead of ignoring it.

In: a query string. Out: a narrowed queryset. Always: filters combine with AND, the values of a repeated one with OR;
names are declared in snake_case and read in camelCase; a parameter that is absent filters nothing.
"""

from collections.abc import Callable, Sequence
from functools import partial, reduce
from operator import or_
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema_field

from jim.api.names import camel_case
from jim.api.parsing import parse_bound, parse_int32, parse_uuid

INTEGER_SCHEMA = {"type": "integer", "format": "int32"}
UUID_SCHEMA = {"type": "string", "format": "uuid"}


class FilterSet(django_filters.FilterSet):
    """Declare `connected_system_id = IntegerFilter()`; the client sends `connectedSystemId`."""

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        return {camel_case(name): declared for name, declared in super().get_filters().items()}


class ParsedField(forms.Field):
    """A form field whose text is read by a function that raises ValueError with what it expects."""

    def __init__(self, *, parse: Callable[[str], Any], **kwargs: Any) -> None:
        self.parse = parse
        super().__init__(**kwargs)

    def clean(self, value: str | None) -> Any:
        if value is None:
            return None
        try:
            return self.parse(value)
        except ValueError as exc:
            raise forms.ValidationError(str(exc)) from exc


class RepeatedField(ParsedField):
    """The values of a parameter that may be given several times."""

    widget = forms.SelectMultiple

    def clean(self, value: Sequence[str] | None) -> list[Any]:
        return [super(RepeatedField, self).clean(each) for each in value or ()]


def parse_boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError("Write true or false.")
    return text == "true"


def parse_enum(text: str, *, names: Sequence[str]) -> str:
    if text not in names:
        raise ValueError(f"Write one of {', '.join(names)}.")
    return text


def parse_text(text: str) -> str:
    if "\x00" in text:
        raise ValueError("Write text without NUL characters.")
    return text


@extend_schema_field({"type": "string"})
class ParsedFilter(django_filters.Filter):
    field_class = ParsedField

    def filter(self, queryset: QuerySet, value: Any) -> QuerySet:
        if value is None:
            return queryset
        return self.get_method(queryset)(**{f"{self.field_name}__{self.lookup_expr}": value})


class RepeatedFilter(ParsedFilter):
    """OR over the values given."""

    field_class = RepeatedField

    def filter(self, queryset: QuerySet, value: Sequence[Any]) -> QuerySet:
        if not value:
            return queryset
        clauses = [Q(**{f"{self.field_name}__{self.lookup_expr}": each}) for each in value]
        return self.get_method(queryset)(reduce(or_, clauses))


@extend_schema_field(INTEGER_SCHEMA)
class IntegerFilter(ParsedFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, parse=parse_int32, **kwargs)


@extend_schema_field(UUID_SCHEMA)
class UUIDFilter(ParsedFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, parse=parse_uuid, **kwargs)


@extend_schema_field({"type": "boolean"})
class BooleanFilter(ParsedFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, parse=parse_boolean, **kwargs)


class EnumFilter(ParsedFilter):
    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, parse=partial(parse_enum, names=choices.values), **kwargs)
        extend_schema_field({"type": "string", "enum": list(choices.values)})(self)


class DateTimeFilter(ParsedFilter):
    """An inclusive bound: a UTC date or date-time. `lookup_expr` is gte or lte."""

    def __init__(self, *args: Any, lookup_expr: str, **kwargs: Any) -> None:
        parse = partial(parse_bound, end_of_day=lookup_expr == "lte")
        super().__init__(*args, lookup_expr=lookup_expr, parse=parse, **kwargs)
        extend_schema_field({"type": "string", "description": "UTC date or date-time, inclusive"})(self)


class EnumListFilter(RepeatedFilter):
    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, parse=partial(parse_enum, names=choices.values), **kwargs)
        extend_schema_field({"type": "array", "items": {"type": "string", "enum": list(choices.values)}})(self)


@extend_schema_field({"type": "array", "items": INTEGER_SCHEMA})
class IntegerListFilter(RepeatedFilter):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, parse=parse_int32, **kwargs)


@extend_schema_field({"type": "array", "items": {"type": "string"}})
class TextListFilter(RepeatedFilter):
    """Whole texts, compared ignoring case."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, lookup_expr="iexact", parse=parse_text, **kwargs)


class SearchFilter(ParsedFilter):
    """Part of any of the fields named, in any case: `search = SearchFilter("name", "target__name")`."""

    part = "icontains"

    def __init__(self, *fields: str, **kwargs: Any) -> None:
        self.fields = fields
        super().__init__(parse=parse_text, **kwargs)

    def filter(self, queryset: QuerySet, value: str | None) -> QuerySet:
        if not value:
            return queryset
        return queryset.filter(reduce(or_, (Q(**{f"{field}__{self.part}": value}) for field in self.fields)))


class PrefixFilter(SearchFilter):
    """The beginning of any of the fields named, in any case."""

    part = "istartswith"
