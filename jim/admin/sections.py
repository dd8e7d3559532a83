"""Sections: titled tables on an object's page, and the cells in them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import TextChoices
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

LINK_CLASSES = "text-primary-600 dark:text-primary-500"


@dataclass(frozen=True, slots=True)
class Section:
    """A table; each row has a cell per header, if there are headers. note: a sentence below it."""

    title: str
    headers: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    note: str = ""


def page_link(label: str, object_id: Any, text: str) -> SafeString:
    """A link to the admin page of an object.

    label: application and model, "synchronisation_metaverseobject"; so that a floor may link to one above it.
    """
    url = reverse(f"admin:{label}_change", args=[object_id])
    return format_html('<a href="{}" class="{}">{}</a>', url, LINK_CLASSES, text)


def label(text: str, kind: str = "") -> SafeString:
    """A coloured label; kind: "success", "info", "warning", "danger", or none."""
    return render_to_string("unfold/helpers/label.html", {"text": text, "type": kind})


def choice_label(choice: TextChoices, kinds: Mapping[Any, str]) -> SafeString:
    """The label of a state in the colour that `kinds` gives it."""
    return label(str(choice.label), kinds.get(choice, ""))
