"""Scoping criteria of a synchronisation rule: groups, groups inside groups, and the comparisons in them."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jim.api.lookup import find_or_404
from jim.api.schema import Operation
from jim.api.views import CreateMixin, DestroyMixin, ListMixin, ResourceViewSet, RetrieveMixin, UpdateMixin
from synchronisation.api.scopes import WithinRule
from synchronisation.models import ScopingCriteriaGroup, ScopingCriterion, nested_groups
from synchronisation.services.scoping import (
    create_criterion,
    create_group,
    delete_criterion,
    delete_group,
    replace_criterion,
    update_group,
)

from .serializers import (
    ScopingCriteriaGroupCreateSerializer,
    ScopingCriteriaGroupSerializer,
    ScopingCriteriaGroupUpdateSerializer,
    ScopingCriterionCreateSerializer,
    ScopingCriterionSerializer,
)

TAG = "Scoping Criteria"
CRITERIA = ScopingCriterion.objects.select_related("attribute", "metaverse_attribute")
GROUPS = ScopingCriteriaGroup.objects.select_related("rule__system")


class ScopingGroupViewSet(
    WithinRule, ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, ResourceViewSet
):
    tag = TAG
    operations = {
        "list": Operation("listScopingCriteriaGroups", "List top-level groups"),
        "create": Operation("createScopingCriteriaGroup", "Create a group"),
        "create_child": Operation("createScopingCriteriaChildGroup", "Create a nested group"),
        "retrieve": Operation("retrieveScopingCriteriaGroup", "Retrieve a group"),
        "update": Operation("updateScopingCriteriaGroup", "Update a group"),
        "destroy": Operation("deleteScopingCriteriaGroup", "Delete a group with its contents"),
    }
    queryset = GROUPS
    serializer_class = ScopingCriteriaGroupSerializer
    pagination_class = None
    path_id = "groupId"

    def get_queryset(self) -> QuerySet[ScopingCriteriaGroup]:
        return GROUPS.filter(rule=self.kwargs.get("syncRuleId"))

    def get_input_serializer_class(self) -> type[BaseSerializer]:
        return ScopingCriteriaGroupUpdateSerializer if self.action == "update" else ScopingCriteriaGroupCreateSerializer

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(nested_groups(self._all_groups()), many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.get_object())

    def answer(self, instance: Any, code: int = status.HTTP_200_OK) -> Response:
        """The group with all that is in it, which the rule's other groups tell."""
        groups = self._all_groups()
        nested_groups(groups)
        return Response(self.get_serializer(next(group for group in groups if group.pk == instance.pk)).data, code)

    def _all_groups(self) -> Sequence[ScopingCriteriaGroup]:
        return tuple(self.get_queryset().prefetch_related(Prefetch("criteria", CRITERIA.all())))

    @extend_schema(responses={201: ScopingCriteriaGroupSerializer})
    def create_child(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        parent = self.get_object()
        values = self.read(request).validated_data
        return self.answer(create_group(self.rule, parent, values, self.caller.initiator), status.HTTP_201_CREATED)

    def perform_create(self, serializer: Any) -> ScopingCriteriaGroup:
        return create_group(self.rule, None, serializer.validated_data, self.caller.initiator)

    def perform_update(self, serializer: Any) -> ScopingCriteriaGroup:
        return update_group(serializer.instance, serializer.validated_data, self.caller.initiator)

    def perform_destroy(self, instance: ScopingCriteriaGroup) -> None:
        delete_group(instance, self.caller.initiator)


class ScopingCriterionViewSet(WithinRule, CreateMixin, UpdateMixin, DestroyMixin, ResourceViewSet):
    tag = TAG
    operations = {
        "create": Operation("createScopingCriterion", "Add a criterion"),
        "update": Operation("updateScopingCriterion", "Replace a criterion"),
        "destroy": Operation("deleteScopingCriterion", "Delete a criterion"),
    }
    queryset = CRITERIA
    serializer_class = ScopingCriterionSerializer
    input_serializer_class = ScopingCriterionCreateSerializer
    path_id = "criterionId"
    replaces = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.group = find_or_404(GROUPS.filter(rule=self.rule), pk=kwargs["groupId"])

    def get_queryset(self) -> QuerySet[ScopingCriterion]:
        return CRITERIA.filter(group=self.kwargs.get("groupId")).select_related("group__rule__system")

    def perform_create(self, serializer: Any) -> ScopingCriterion:
        return create_criterion(self.group, serializer.wanted(), self.caller.initiator)

    def perform_update(self, serializer: Any) -> ScopingCriterion:
        return replace_criterion(serializer.instance, serializer.wanted(), self.caller.initiator)

    def perform_destroy(self, instance: ScopingCriterion) -> None:
        delete_criterion(instance, self.caller.initiator)
