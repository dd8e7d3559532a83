"""Path converters of these resources."""

from django.urls import register_converter


class AttributeNameConverter:
    """A percent-encoded attribute name, which may hold a slash; PostgreSQL stores no NUL, so nothing is called so."""

    regex = r"[^\x00]+"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


def register() -> None:
    register_converter(AttributeNameConverter, "attribute_name")
