"""Running a predefined search: the objects of its type, with its attributes, the newest first."""

from contextlib import nullcontext
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import OrderBy, RawSQL
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from jim.api.lookup import find_or_404
from jim.api.schema import Operation
from jim.api.sorting import DIRECTIONS, one_of
from jim.api.views import ListMixin, ResourceViewSet
from synchronisation.api.parameters import text_parameter
from synchronisation.models import AttributeType, MetaverseAttribute, MetaverseObject, PredefinedSearch

from .object_serializers import MetaverseObjectHeaderSerializer
from .scan_limit import limited_scan
from .values import attach_selected

CONTAINS = """strpos(lower(concat_ws(chr(1), {values})), lower(%s)) > 0"""
"""Values are joined by a character that no search has, since lowering one long text takes half the time."""

VALUE = """"mvo"."document" ->> %s"""
ANY_CONTAINS = """
EXISTS (
    SELECT FROM jsonb_array_elements_text("mvo"."document" -> %s) AS value
    WHERE strpos(lower(value), lower(%s)) > 0
)
"""
SORT_KEY = """"mvo"."document" -> %s"""
SORT_KEY_OF_TYPE = {
    AttributeType.TEXT: """lower("mvo"."document" ->> %s) COLLATE "C\"""",
    AttributeType.DECIMAL: """to_jsonb(substring("mvo"."document" ->> %s FROM '^-?[0-9]+(?:\\.[0-9]+)?$')::numeric)""",
}
"""As jsonb, numbers are in their own order; decimals are kept as text, and text is in order whatever its case."""


class PredefinedSearchRunViewSet(ListMixin, ResourceViewSet):
    tag = "Metaverse Objects"
    operations = {"list": Operation("searchMetaverseObjects", "Run a predefined search", errors=(400,))}
    queryset = MetaverseObject.objects.select_related("type").defer("holders")
    serializer_class = MetaverseObjectHeaderSerializer
    filter_backends = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        searches = PredefinedSearch.objects.select_related("metaverse_object_type")
        enabled = searches.filter(is_enabled=True).prefetch_related("columns__attribute")
        self.search = find_or_404(enabled, uri__iexact=kwargs["predefinedSearchUri"])

    @extend_schema(
        parameters=[
            OpenApiParameter("search", OpenApiTypes.STR, description="Part of any text attribute, in any case"),
            OpenApiParameter("sortBy", OpenApiTypes.STR, description="Attribute name; creation date by default"),
            OpenApiParameter("sortDirection", OpenApiTypes.STR, enum=DIRECTIONS, default="desc"),
        ]
    )
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        text, sort_by = text_parameter(request, "search"), text_parameter(request, "sortBy")
        object_type = self.search.metaverse_object_type
        found = self.get_queryset().filter(type=object_type)
        if text:
            found = having_part(found, object_type.attributes.filter(type=AttributeType.TEXT), text)
        found = found.order_by(*_order(sort_by, descends=one_of(request, "sortDirection", DIRECTIONS) != "asc"))
        scanning = "search" if text else "sortBy" if sort_by else None
        with limited_scan(scanning) if scanning else nullcontext():
            page: Any = self.paginate_queryset(found)
        attach_selected(page, [column.attribute for column in self.search.columns.all()])
        return self.get_paginated_response(self.get_serializer(page, many=True).data)


def having_part(
    objects: QuerySet[MetaverseObject], text_attributes: QuerySet[MetaverseAttribute], text: str
) -> QuerySet[MetaverseObject]:
    """Objects that have the text, in any case, in one of these attributes."""
    single = [str(attribute.pk) for attribute in text_attributes if not attribute.multi_valued]
    several = [str(attribute.pk) for attribute in text_attributes if attribute.multi_valued]
    conditions = [RawSQL(ANY_CONTAINS, [key, text], output_field=BooleanField()) for key in several]
    if single:
        contains = CONTAINS.format(values=", ".join([VALUE] * len(single)))
        conditions.append(RawSQL(contains, [*single, text], output_field=BooleanField()))
    return objects.filter(reduce(or_, map(Q, conditions))) if conditions else objects.none()


def _order(sort_by: str, *, descends: bool) -> tuple[OrderBy | str, ...]:
    """Without an attribute, by the id, whose first bits are the time at which the object was created (UUIDv7).

    Raises: ValidationError.
    """
    tie = "-pk" if descends else "pk"
    if not sort_by:
        return (tie,)
    attribute = MetaverseAttribute.objects.filter(name__iexact=sort_by).first()
    if attribute is None:
        raise ValidationError({"sortBy": [f"The metaverse has no attribute {sort_by}."]})
    if attribute.type == AttributeType.REFERENCE:
        raise ValidationError({"sortBy": [f"{attribute.name} is a reference: name an attribute that has values."]})
    key = RawSQL(SORT_KEY_OF_TYPE.get(AttributeType(attribute.type), SORT_KEY), [str(attribute.pk)])
    return (OrderBy(key, descending=descends, nulls_last=True), tie)
