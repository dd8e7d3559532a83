"""Query parameters of operations that are no filtered lists."""

from collections.abc import Callable
from typing import TypeVar

from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from jim.api.filters import parse_boolean, parse_text

T = TypeVar("T")


def boolean_parameter(request: Request, name: str, *, default: bool) -> bool:
    """Raises: ValidationError unless the parameter is absent, `true` or `false`."""
    return _read(request, name, parse_boolean, default)


def text_parameter(request: Request, name: str) -> str:
    """The text, "" when absent. Raises: ValidationError on NUL."""
    return _read(request, name, parse_text, "")


def _read(request: Request, name: str, parse: Callable[[str], T], default: T) -> T:
    text = request.query_params.get(name)
    if text is None:
        return default
    try:
        return parse(text)
    except ValueError as exc:
        raise ValidationError({name: [str(exc)]}) from exc
