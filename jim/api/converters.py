"""Path converters: an id of the wrong type matches no route, and so is a 404 like any unknown path."""

from uuid import UUID

from django.urls import register_converter

from jim.api.parsing import parse_int32


class GuidConverter:
    regex = "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"

    def to_python(self, value: str) -> UUID:
        return UUID(value)

    def to_url(self, value: UUID | str) -> str:
        return str(value)


class Int32Converter:
    regex = "[0-9]{1,10}"

    def to_python(self, value: str) -> int:
        return parse_int32(value)  # its ValueError means: no match

    def to_url(self, value: int) -> str:
        return str(value)


class TextConverter:
    """Percent-encoded text of one segment. PostgreSQL stores no NUL, so nothing is called so."""

    regex = r"[^/\x00]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def register() -> None:
    register_converter(GuidConverter, "guid")
    register_converter(Int32Converter, "int32")
    register_converter(TextConverter, "text")
