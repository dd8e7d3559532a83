"""The served OpenAPI document, generated once per process: it depends on the code alone."""

from functools import lru_cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jim.api.descriptions import tag_descriptions
from jim.api.schema import Operation
from jim.api.views import ApiView


@lru_cache(maxsize=1)
def openapi_document() -> dict[str, Any]:
    document: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    tags = {
        tag for methods in document["paths"].values() for operation in methods.values() for tag in operation["tags"]
    }
    described = [{"name": tag, "description": text} for tag, text in tag_descriptions().items() if tag in tags]
    return document | {"tags": described}


class OpenApiDocumentView(ApiView):
    tag = "System"
    operations = {"get": Operation("getOpenApiDocument", "OpenAPI document of this API")}
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(responses={200: {"type": "object"}})
    def get(self, request: Request) -> Response:
        return Response(openapi_document())
