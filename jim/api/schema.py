"""The OpenAPI document: operation ids and tags as the contract has them, and the errors each operation can answer.

A view names its operations; the statuses that follow from what a view is (who may call it, whether its path names
something, whether it reads anything) are added here.
"""

from dataclasses import dataclass
from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension, OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from jim.api.descriptions import operation_descriptions
from jim.api.serializers import ErrorSerializer

DESCRIPTION_BY_STATUS = {
    304: "Unchanged: the object is still as the ETag in If-None-Match says",
    400: "The request is malformed, or refused by a rule",
    401: "Credentials are missing, invalid, expired or disabled",
    403: "The role is missing",
    404: "There is no such resource",
    409: "The request clashes with the current state",
    429: "The rate limit is reached; Retry-After says for how many seconds",
    500: "Unexpected fault, or the external store failed",
    503: "The database or the work queue is not available",
}

BODIES = ("POST", "PUT", "PATCH")

RETRIEVE = "retrieve"
"""The action of views that answers one object, with its ETag."""

IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match", str, OpenApiParameter.HEADER, description="The ETag of an earlier answer: 304 if nothing changed"
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the contract; `operations.md` describes it. errors: beyond those that follow from the view."""

    id: str
    summary: str
    errors: tuple[int, ...] = ()


class ContractSchema(AutoSchema):
    """DRF's DEFAULT_SCHEMA_CLASS setting."""

    def get_operation_id(self) -> str:
        operation = self._operation()
        return operation.id if operation else super().get_operation_id()

    def get_summary(self) -> str | None:
        operation = self._operation()
        return operation.summary if operation else super().get_summary()

    def get_description(self) -> str:  # type: ignore[override]  # drf-spectacular has its own signature
        """Never a docstring: those speak to developers."""
        operation = self._operation()
        return operation_descriptions().get(operation.id, "") if operation else ""

    def get_override_parameters(self) -> Any:
        return [IF_NONE_MATCH] if getattr(self.view, "action", None) == RETRIEVE else []

    def get_tags(self) -> list[str]:
        tag = getattr(self.view, "tag", "")
        return [tag] if tag else super().get_tags()

    def get_paginated_name(self, serializer_name: str) -> str:
        return f"{serializer_name.removesuffix('Summary').removesuffix('Header')}Page"

    def get_request_serializer(self) -> Any:
        if hasattr(self.view, "get_input_serializer_class") and self.method in BODIES:
            return self.view.get_input_serializer_class()
        return super().get_request_serializer()

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        """Without the class's docstring, for the same reason. `sometimes_absent` of a serializer names its fields that
        only some answers have; drf-spectacular takes every answered field for one that is always there."""
        schema = super()._map_basic_serializer(serializer, direction)
        schema.pop("description", None)
        absent = set(getattr(serializer, "sometimes_absent", ()))
        if absent:
            schema["required"] = [name for name in schema["required"] if name not in absent]
        return schema

    def _operation(self) -> Operation | None:
        action = getattr(self.view, "action", None) or self.method.lower()
        return getattr(self.view, "operations", {}).get(action)

    def _get_response_bodies(self, direction: Any = "response") -> dict[str, Any]:
        bodies = super()._get_response_bodies(direction)
        for status in self._error_statuses():
            answer = OpenApiResponse(ErrorSerializer, DESCRIPTION_BY_STATUS[status])
            bodies.setdefault(str(status), self._get_response_for_code(answer, str(status), direction=direction))
        if getattr(self.view, "action", None) == RETRIEVE:
            bodies["304"] = {"description": DESCRIPTION_BY_STATUS[304]}
        return dict(sorted(bodies.items()))

    def _error_statuses(self) -> set[int]:
        operation = self._operation()
        statuses = set(operation.errors) if operation else set()
        if self.view.get_permissions():
            statuses |= {401, 403}
        if self.view.get_throttles():
            statuses.add(429)
        if "{" in self.path:
            statuses.add(404)
        if self.method in BODIES or self._reads_query():
            statuses.add(400)
        return statuses

    def _reads_query(self) -> bool:
        return bool(self._get_filter_parameters() or self._get_pagination_parameters())


class ApiKeyScheme(OpenApiAuthenticationExtension):
    target_class = "jim.accounts.authentication.ApiKeyAuthentication"
    name = "ApiKeyAuth"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        description = "A key that starts with jim_ak_"
        return {"type": "apiKey", "in": "header", "name": "X-Api-Key", "description": description}


class BearerScheme(OpenApiAuthenticationExtension):
    target_class = "synchronisation.sign_in.bearer.BearerAuthentication"
    name = "BearerAuth"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, Any]:
        description = "An access token of the provider that getAuthConfig names, if there is one"
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": description}


class IntegerExtension(OpenApiSerializerFieldExtension):
    """Says `format: int32` instead of spelling out the bounds of 32 bits."""

    target_class = "jim.api.fields.IntegerField"
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        """Null is added by the caller, for whatever an extension returns."""
        schema = auto_schema._map_serializer_field(self.target, direction, bypass_extensions=True) | {"type": "integer"}
        bounds = {"minimum": self.target.lowest, "maximum": self.target.highest}
        own = {name: value for name, value in schema.items() if value != bounds.get(name)}
        return own | {"format": self.target.format}
