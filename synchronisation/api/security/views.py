"""Roles, who has them, and the roles of one person. Here because members are metaverse objects."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from jim.accounts.models import Role, RoleMember
from jim.api.lookup import find_or_404
from jim.api.schema import Operation
from jim.api.views import ListMixin, ResourceViewSet, RetrieveMixin
from synchronisation.api.counts import count_by
from synchronisation.models import MetaverseObject
from synchronisation.services.role_members import add_member, living_members, remove_member, roles_of

from .serializers import RoleMemberSerializer, RoleSerializer

TAG = "Security"


class RoleViewSet(ListMixin, RetrieveMixin, ResourceViewSet):
    tag = TAG
    operations = {
        "list": Operation("listRoles", "List roles"),
        "retrieve": Operation("retrieveRole", "Retrieve a role"),
    }
    queryset = Role.objects.annotate(static_member_count=count_by(living_members(), "role"))
    serializer_class = RoleSerializer
    pagination_class = None
    path_id = "roleId"


class RoleMemberViewSet(ListMixin, ResourceViewSet):
    """PUT and DELETE say all they have to say in their paths."""

    tag = TAG
    operations = {
        "list": Operation("listRoleMembers", "List role members"),
        "add": Operation("addRoleMember", "Add a role member", errors=(400, 409)),
        "remove": Operation("removeRoleMember", "Remove a role member", errors=(400,)),
    }
    queryset = MetaverseObject.objects.select_related("type").defer("document", "holders")
    serializer_class = RoleMemberSerializer
    pagination_class = None
    role: Role

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.role = find_or_404(Role.objects.all(), pk=kwargs["roleId"])

    def get_queryset(self) -> QuerySet[MetaverseObject]:
        members = RoleMember.objects.filter(role=self.kwargs.get("roleId"))
        return super().get_queryset().filter(pk__in=members.values("metaverse_object_id"))

    @extend_schema(request=None, responses={204: None})
    def add(self, request: Request, roleId: int, metaverseObjectId: UUID) -> Response:
        add_member(self.role, metaverseObjectId, self.caller.initiator)
        return Response(status=status.HTTP_204_NO_CONTENT)

    @extend_schema(responses={204: None})
    def remove(self, request: Request, roleId: int, metaverseObjectId: UUID) -> Response:
        remove_member(
            self.role,
            metaverseObjectId,
            caller_mvo_id=self.caller.metaverse_object_id,
            initiator=self.caller.initiator,
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class MetaverseObjectRoleViewSet(RoleViewSet):
    operations = {"list": Operation("listMetaverseObjectRoles", "Roles of a metaverse object")}

    def get_queryset(self) -> QuerySet[Role]:
        mvo = find_or_404(MetaverseObject.objects.only("pk"), pk=self.kwargs["id"])
        return super().get_queryset().filter(pk__in=roles_of(mvo.pk))
