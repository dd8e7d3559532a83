"""Query parameters of the metaverse object list and count."""

from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL
from rest_framework.exceptions import ValidationError

from jim.api.filters import FilterSet, IntegerFilter, ParsedFilter, SearchFilter, parse_text
from synchronisation.models import (
    AttributeType,
    MetaverseAttribute,
    MetaverseObject,
    MetaverseReference,
    name_begins_with,
)

NAME, VALUE = "filterAttributeName", "filterAttributeValue"

VALUE_EQUALS = """lower("mvo"."document" ->> %s) = lower(%s)"""
ANY_VALUE_EQUALS = """
EXISTS (
    SELECT FROM jsonb_array_elements_text("mvo"."document" -> %s) AS value
    WHERE lower(value) = lower(%s)
)
"""
"""By hand, because Django takes a key made of digits for a position in an array."""


class HalfFilter(ParsedFilter):
    """One of a pair of parameters, which the filter set reads together."""

    def __init__(self) -> None:
        super().__init__(parse=parse_text)

    def filter(self, queryset: QuerySet, value: Any) -> QuerySet:
        return queryset


class NamePrefixFilter(ParsedFilter):
    """The beginning of the display name, by its index."""

    def __init__(self) -> None:
        super().__init__(parse=parse_text)

    def filter(self, queryset: QuerySet, value: str | None) -> QuerySet:
        return queryset.filter(name_begins_with(value)) if value else queryset


class MetaverseObjectFilter(FilterSet):
    """Of objects annotated with their NAME_KEY."""

    object_type_id = IntegerFilter(field_name="type")
    search = SearchFilter("display_name")
    name_prefix = NamePrefixFilter()
    filter_attribute_name = HalfFilter()
    filter_attribute_value = HalfFilter()

    def filter_queryset(self, queryset: QuerySet[MetaverseObject]) -> QuerySet[MetaverseObject]:
        filtered = super().filter_queryset(queryset)
        name, value = self.form.cleaned_data[NAME], self.form.cleaned_data[VALUE]
        if name is None and value is None:
            return filtered
        if name is None or value is None:
            missing, given = (NAME, VALUE) if name is None else (VALUE, NAME)
            raise ValidationError({missing: [f"Give it together with {given}."]})
        attribute = MetaverseAttribute.objects.filter(name__iexact=name).first()
        if attribute is None:
            raise ValidationError({NAME: [f"The metaverse has no attribute {name}."]})
        return having_value(filtered, attribute, value)


def having_value(
    objects: QuerySet[MetaverseObject], attribute: MetaverseAttribute, text: str
) -> QuerySet[MetaverseObject]:
    """Objects one of whose values reads like `text`, in any case; references are compared by their target's id."""
    if attribute.type == AttributeType.REFERENCE:
        return objects.filter(_refers_to(attribute, text))
    condition = ANY_VALUE_EQUALS if attribute.multi_valued else VALUE_EQUALS
    return objects.filter(RawSQL(condition, [str(attribute.pk), text], output_field=BooleanField()))


def _refers_to(attribute: MetaverseAttribute, text: str) -> Q | Exists:
    try:
        target = UUID(text)
    except ValueError:
        return Q(pk__in=[])
    rows = MetaverseReference.objects.filter(attribute_id=attribute.pk, target_id=target)
    return Exists(rows.filter(mvo_id=OuterRef("pk")))
