"""What tests of admin pages build on: pages as text, the links in them, and the queries they cost."""

import html
import re
from typing import Any

from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils.html import strip_tags


def page(client: Client, path: str) -> str:
    """The HTML of a page that is there."""
    response = client.get(path)
    assert response.status_code == 200, response
    return response.content.decode()


def content(client: Client, path: str) -> str:
    """The readable text of a page's own part: each piece of text, separated by single blanks."""
    main = page(client, path).split('id="content-main">')[1]
    return " ".join(html.unescape(strip_tags(main.replace("<", " <"))).split())


def link_to(source: str, text: str) -> str | None:
    """Where the first link with this text leads; None when it leads nowhere."""
    found = re.search(rf"<a\s([^>]*)>\s*{re.escape(text)}\s*</a>", source)
    assert found, f"no link {text!r}"
    target = re.search(r'href="([^"]*)"', found[1])
    return html.unescape(target[1]) if target else None


def queries_of(client: Client, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        page(client, path)
    return [query["sql"] for query in captured]


def staff_client(*permissions: str) -> Client:
    """A signed-in member of staff who may do only this; permissions by codename."""
    user = User.objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def post(client: Client, path: str, data: dict[str, Any]) -> tuple[int, str]:
    """Send a form: the status and, for a redirect, where it leads."""
    response = client.post(path, data)
    return response.status_code, response.headers.get("Location", "")


def messages_in(client: Client, path: str) -> list[str]:
    """The messages shown on a page, which are gone afterwards."""
    response = client.get(path)
    return [str(message) for message in response.context["messages"]]
