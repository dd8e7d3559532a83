"""Answers of the API against the contract file beside this module.

In: a request's method and path, and its answer. Out: nothing, or an AssertionError naming the operation.
Operations that the contract does not have (additions of ours) are not looked at.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012
from rest_framework.test import APIClient

CONTRACT = Path(__file__).with_name("openapi-v1.yaml")
URI = "urn:contract"

FORMATS = FormatChecker(formats=("uuid",))


@FORMATS.checks("date-time")
def is_utc_date_time(value: object) -> bool:
    """As api-conventions.md has it: ISO 8601, ending in Z."""
    return not isinstance(value, str) or bool(
        re.fullmatch(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z", value, re.ASCII)
    )


@dataclass(frozen=True, slots=True)
class ContractOperation:
    """One operation. priority, role: its `x-priority` and `x-role`.

    parameters: (name, in, whether it is required). body: the schema of what is sent, maybe a reference.
    responses: status -> response object, maybe a reference.
    """

    id: str
    method: str
    template: str
    tag: str
    priority: int
    role: str
    parameters: frozenset[tuple[str, str, bool]]
    body: dict[str, Any] | None
    responses: dict[str, Any]


@cache
def contract() -> dict[str, Any]:
    """With enums that may grow left open."""
    document: dict[str, Any] = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    for schema in document["components"]["schemas"].values():
        if schema.get("x-extensible"):
            del schema["enum"]
    return document


@cache
def operations() -> tuple[ContractOperation, ...]:
    """Every operation; of paths that look alike, the one with fewer parameters first."""
    found = [
        ContractOperation(
            operation["operationId"],
            method,
            template,
            operation["tags"][0],
            operation["x-priority"],
            operation["x-role"],
            frozenset(map(_described, operation.get("parameters", ()))),
            operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema"),
            operation["responses"],
        )
        for template, methods in contract()["paths"].items()
        for method, operation in methods.items()
    ]
    return tuple(sorted(found, key=lambda operation: operation.template.count("{")))


def _described(parameter: dict[str, Any]) -> tuple[str, str, bool]:
    parameter = resolved(contract(), parameter)
    return parameter["name"], parameter["in"], parameter.get("required", False)


def resolved(document: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """What a part of an OpenAPI document is, or refers to."""
    if "$ref" not in part:
        return part
    found: Any = document
    for step in part["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    return resolved(document, found)


def properties(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, bool]:
    """Name -> whether it is required, of a schema of objects, those it is put together from included."""
    schema = resolved(document, schema)
    required = schema.get("required", ())
    found = {name: name in required for name in schema.get("properties", ())}
    for part in schema.get("allOf", ()):
        found |= properties(document, part)
    return found


def operation_of(method: str, path: str) -> ContractOperation | None:
    return next((o for o in operations() if o.method == method.lower() and _pattern(o.template).fullmatch(path)), None)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    return re.compile("[^/]+".join(map(re.escape, re.split(r"\{\w+\}", template))))


@cache
def _registry() -> Registry[Any]:
    resource: Resource[Any] = Resource.from_contents(contract(), default_specification=DRAFT202012)
    return Registry().with_resource(URI, resource)


def check_response(method: str, path: str, response: Any) -> None:
    """The status is documented for the operation, and the body fits its schema."""
    operation = operation_of(method, path)
    if operation is None or response.status_code in (405, 406, 415):
        return
    documented = operation.responses.get(str(response.status_code))
    assert documented is not None, f"{operation.id} does not document {response.status_code}: {response.content!r}"
    location = f"{URI}#/paths/{_escape(operation.template)}/{operation.method}/responses/{response.status_code}"
    if "$ref" in documented:
        location = URI + documented["$ref"]
        documented = resolved(contract(), documented)
    if "content" not in documented:
        assert response.content == b"", f"{operation.id} answers {response.status_code} with a body"
        return
    if "application/json" not in documented["content"]:
        (media_type,) = documented["content"]
        assert response.headers["Content-Type"] == media_type, f"{operation.id} answers another media type"
        return
    schema = {"$ref": f"{location}/content/application~1json/schema"}
    validator = Draft202012Validator(schema, registry=_registry(), format_checker=FORMATS)
    problems = [f"{error.json_path}: {error.message}" for error in validator.iter_errors(response.json())]
    assert not problems, f"{operation.id}: {problems}"


def _escape(template: str) -> str:
    """A path as one step of a JSON pointer in a URI fragment."""
    return template.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


class ContractClient(APIClient):
    """A test client that holds every answer against the contract."""

    def request(self, **kwargs: Any) -> Any:
        response = super().request(**kwargs)
        check_response(kwargs["REQUEST_METHOD"], kwargs["PATH_INFO"], response)
        return response
