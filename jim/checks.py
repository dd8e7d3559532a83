"""Django system checks of the project: secrets, folders and settings that contradict each other."""

import os
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

from jim import conf


@register(Tags.security, deploy=True)
def check_secret_key(**_: Any) -> list[CheckMessage]:
    """Only with --deploy: commands that sign nothing may do without the key."""
    if settings.SECRET_KEY != settings.JIM_INSECURE_SECRET_KEY:
        return []
    return [Warning("JIM_SECRET_KEY is not set.", hint="Set it, or start with `jim serve`.", id="jim.W001")]


@register(Tags.security)
def check_encryption_keys(**_: Any) -> list[CheckMessage]:
    return [
        Error(
            f"Key {number} of JIM_ENCRYPTION_KEYS is not a Fernet key: {problem}.",
            hint="Write 32 random bytes in URL-safe base64, newest key first, separated by commas.",
            id="jim.E001",
        )
        for number, key in enumerate(conf.encryption_keys(), start=1)
        if (problem := _problem_of_key(key))
    ]


def _problem_of_key(key: str) -> str:
    try:
        Fernet(key)
    except ValueError as exc:
        return str(exc).rstrip(".")
    return ""


@register(Tags.files)
def check_connector_files(**_: Any) -> list[CheckMessage]:
    """Missing is no fault yet: `jim serve` makes the folder, and a container may mount it later."""
    folder = conf.connector_files()
    if not folder.exists() or (folder.is_dir() and os.access(folder, os.R_OK | os.W_OK | os.X_OK)):
        return []
    return [
        Error(
            f"JIM_CONNECTOR_FILES names {folder}, which is no folder that JIM can read and write.",
            hint="Give the account that JIM runs under access to it, or name another folder.",
            id="jim.E002",
        )
    ]


@register(Tags.security)
def check_debug(**_: Any) -> list[CheckMessage]:
    if not (settings.DEBUG and conf.is_production()):
        return []
    return [
        Error(
            "JIM_DEBUG is on although JIM_ENVIRONMENT is production.",
            hint="Unset JIM_DEBUG: its error pages show settings and data to every visitor.",
            id="jim.E003",
        )
    ]


@register(Tags.security)
def check_oidc(**_: Any) -> list[CheckMessage]:
    provider = conf.oidc()
    if provider is None:
        if not (settings.JIM_OIDC_AUDIENCE or settings.JIM_OIDC_CLIENT_ID):
            return []
        hint = "Set it to the URL of the provider, or unset JIM_OIDC_AUDIENCE and JIM_OIDC_CLIENT_ID."
        return [Error("OpenID Connect is set up without JIM_OIDC_AUTHORITY.", hint=hint, id="jim.E004")]
    if not (provider.audience or provider.client_id or settings.JIM_OIDC_PUBLIC_CLIENT_ID):
        hint = "Set JIM_OIDC_AUDIENCE for tokens to the API, JIM_OIDC_CLIENT_ID for signing in to the admin, or both."
        return [Error("JIM_OIDC_AUTHORITY is set, but nobody can sign in with it.", hint=hint, id="jim.E005")]
    if conf.is_production() and not provider.authority.startswith("https://"):
        hint = "Whoever stands between could hand out keys of their own: use https."
        return [Error("JIM_OIDC_AUTHORITY is no https URL.", hint=hint, id="jim.E006")]
    return []


@register(Tags.security, deploy=True)
def check_hosts(**_: Any) -> list[CheckMessage]:
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [
        Warning(
            "Every Host header is accepted.",
            hint="Set JIM_ALLOWED_HOSTS to the names under which JIM is reached.",
            id="jim.W002",
        )
    ]
