"""The served OpenAPI document, generated once per process: it depends on the code alone."""

from functools import lru_cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jim.api.schema import Operation
from jim.api.views import ApiView


@lru_cache(maxsize=1)
def openapi_document() -> dict[str, Any]:
    return SchemaGenerator().get_schema(request=None, public=True)


class OpenApiDocumentView(ApiView):
    tag = "System"
    operations = {"get": Operation("getOpenApiDocument", "OpenAPI document of this API")}
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(responses={200: {"type": "object"}})
    def get(self, request: Request) -> Response:
        return Response(openapi_document())
