"""What the login page of the admin needs to know."""

from django.http import HttpRequest
from django.urls import reverse

from jim import conf


def sign_in(request: HttpRequest) -> dict[str, str]:
    """`sign_in_url`, where people can sign in with OpenID Connect."""
    provider = conf.oidc()
    return {"sign_in_url": reverse("sign-in")} if provider is not None and provider.client_id else {}
