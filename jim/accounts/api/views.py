"""API keys, who is calling, and how people sign in.

Always: a key leaves the server once, in the answer that created it; every change leaves an activity.
"""

from typing import Any, cast

from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from activities.models import InitiatorType, OperationType, TargetType
from activities.recorder import record
from jim import conf
from jim.accounts.api.serializers import (
    ApiKeyCreatedSerializer,
    ApiKeyCreateSerializer,
    ApiKeySerializer,
    ApiKeyUpdateSerializer,
    AuthConfigSerializer,
    UserInfoSerializer,
)
from jim.accounts.caller import Caller
from jim.accounts.keys import PREFIX_LENGTH, generate_key, hash_key
from jim.accounts.models import ApiKey
from jim.api.permissions import ADMINISTRATOR, IsAuthenticated
from jim.api.schema import Operation
from jim.api.uniqueness import unique_violations
from jim.api.views import ApiView, DestroyMixin, ListMixin, ResourceViewSet, RetrieveMixin, UpdateMixin

FIELD_BY_CONSTRAINT = {"api_key_name": "name"}
NOT_KNOWN = "You have signed in, but no metaverse object stands for you: ask an administrator."


class ApiKeyViewSet(ListMixin, RetrieveMixin, UpdateMixin, DestroyMixin, ResourceViewSet):
    tag = "API Keys"
    operations = {
        "list": Operation("listApiKeys", "List API keys"),
        "create": Operation("createApiKey", "Create an API key"),
        "retrieve": Operation("retrieveApiKey", "Retrieve an API key"),
        "update": Operation("updateApiKey", "Replace an API key's settings"),
        "destroy": Operation("deleteApiKey", "Delete an API key"),
    }
    queryset = ApiKey.objects.prefetch_related("roles")
    serializer_class = ApiKeySerializer
    pagination_class = None
    replaces = True

    def get_input_serializer_class(self) -> type[BaseSerializer]:
        return ApiKeyCreateSerializer if self.action == "create" else ApiKeyUpdateSerializer

    @extend_schema(responses={201: ApiKeyCreatedSerializer})
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.read(request)
        key = generate_key()
        with unique_violations(FIELD_BY_CONSTRAINT):
            row = serializer.save(key_prefix=key[:PREFIX_LENGTH], key_hash=hash_key(key))
            self._record(OperationType.CREATE, row)
        row.key = key
        return Response(ApiKeyCreatedSerializer(row).data, status.HTTP_201_CREATED)

    def perform_update(self, serializer: BaseSerializer) -> ApiKey:
        with unique_violations(FIELD_BY_CONSTRAINT):
            row = serializer.save()
            self._record(OperationType.UPDATE, row)
            return row

    def perform_destroy(self, instance: Any) -> None:
        with transaction.atomic():
            self._record(OperationType.DELETE, instance)
            instance.delete()

    def _record(self, operation: OperationType, row: ApiKey) -> None:
        record(TargetType.API_KEY, operation, target_name=row.name, initiator=self.caller.initiator)


class UserInfoView(ApiView):
    tag = "System"
    operations = {"get": Operation("getUserInfo", "Current caller")}
    permission_classes = (IsAuthenticated,)

    @extend_schema(responses=UserInfoSerializer)
    def get(self, request: Request) -> Response:
        caller = cast(Caller, self.caller)
        is_program = caller.type == InitiatorType.API_KEY
        authorised = is_program or caller.metaverse_object_id is not None
        return Response(
            {
                "authorised": authorised,
                "isAdministrator": ADMINISTRATOR in caller.roles,
                "name": caller.name,
                "authMethod": "api_key" if is_program else "oauth",
                "metaverseObjectId": caller.metaverse_object_id,
                "roles": sorted(caller.roles),
                "message": None if authorised else NOT_KNOWN,
            }
        )


class AuthConfigView(ApiView):
    """For clients that have no credentials yet."""

    tag = "System"
    operations = {"get": Operation("getAuthConfig", "OIDC client settings")}
    authentication_classes = ()
    permission_classes = ()

    @extend_schema(responses=AuthConfigSerializer)
    def get(self, request: Request) -> Response:
        provider = conf.oidc()
        return Response(
            {
                "authority": provider.public_authority if provider else None,
                "clientId": provider.public_client_id if provider else None,
                "scopes": provider.scopes if provider else (),
                "responseType": "code",
                "usePkce": True,
                "codeChallengeMethod": "S256",
            }
        )
