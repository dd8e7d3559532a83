"""API keys and roles. Always: a key itself is shown once and never stored, only its SHA-256 hash is."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from uuid_utils.compat import uuid7

from jim.accounts.keys import PREFIX_LENGTH


class Role(models.Model):
    """What a caller may do. The built-in ones come with the first migration."""

    name = models.CharField(max_length=100)
    built_in = models.BooleanField(default=False)
    created = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "role"
        ordering = ["id"]
        constraints = [models.UniqueConstraint(Lower("name"), name="role_name")]

    def __str__(self) -> str:
        return self.name


class RoleMember(models.Model):
    """A person who has a role. The metaverse object's id is a plain value: objects come and go by set."""

    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="members")
    metaverse_object_id = models.UUIDField(db_index=True)

    class Meta:
        db_table = "role_member"
        constraints = [models.UniqueConstraint("role", "metaverse_object_id", name="role_member_once")]


class ApiKey(models.Model):
    """A key for programs.

    key_hash: SHA-256 of the whole key, hexadecimal. last_used, last_used_ip: at most a minute old, so that a request
    seldom writes. infrastructure: the one key that JIM_INFRASTRUCTURE_API_KEY gave, which is never throttled.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=200)
    description = models.CharField(max_length=1000, null=True, blank=True)
    key_prefix = models.CharField(max_length=PREFIX_LENGTH)
    key_hash = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(auto_now_add=True)
    expires = models.DateTimeField(null=True, blank=True)
    last_used = models.DateTimeField(null=True)
    last_used_ip = models.GenericIPAddressField(null=True)
    is_enabled = models.BooleanField(default=True)
    infrastructure = models.BooleanField(default=False)
    roles = models.ManyToManyField(Role, related_name="api_keys", db_table="api_key_role", blank=True)

    class Meta:
        db_table = "api_key"
        verbose_name = "API key"
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(Lower("name"), name="api_key_name"),
            models.UniqueConstraint("infrastructure", condition=Q(infrastructure=True), name="api_key_infrastructure"),
        ]

    def __str__(self) -> str:
        return self.name
