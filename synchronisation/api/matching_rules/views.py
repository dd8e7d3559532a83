"""Matching rules: per object type (simple mode) or per synchronisation rule (advanced mode), and the mode itself."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jim.api.errors import BadRequest
from jim.api.lookup import find_or_404
from jim.api.schema import Operation
from jim.api.views import ApiView, CreateMixin, DestroyMixin, ListMixin, ResourceViewSet, RetrieveMixin, UpdateMixin
from synchronisation.api.scopes import WithinRule, WithinSystem
from synchronisation.models import MatchingMode, MatchingRule, MatchingRuleSource
from synchronisation.services.matching_mode import switch_matching_mode
from synchronisation.services.matching_rules import create_matching_rule, delete_matching_rule, update_matching_rule

from .serializers import (
    MatchingModeSwitchResultSerializer,
    MatchingModeSwitchSerializer,
    MatchingRuleCreateSerializer,
    MatchingRuleSerializer,
    MatchingRuleUpdateSerializer,
    SyncRuleMatchingRuleCreateSerializer,
)

TAG = "Matching Rules"
RULES = MatchingRule.objects.select_related(
    "object_type__system", "metaverse_object_type", "target_metaverse_attribute"
).prefetch_related(Prefetch("sources", MatchingRuleSource.objects.select_related("attribute", "metaverse_attribute")))


class MatchingRuleView(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, ResourceViewSet):
    """What both modes have in common."""

    tag = TAG
    queryset = RULES
    serializer_class = MatchingRuleSerializer
    input_serializer_class = MatchingRuleUpdateSerializer
    create_serializer_class: type[BaseSerializer]
    pagination_class = None
    default_order = ("order", "pk")
    path_id = "ruleId"

    def get_input_serializer_class(self) -> type[BaseSerializer]:
        return self.create_serializer_class if self.action == "create" else MatchingRuleUpdateSerializer

    def perform_update(self, serializer: Any) -> MatchingRule:
        rule = serializer.instance
        return update_matching_rule(rule, serializer.changed(rule), self.caller.initiator)

    def perform_destroy(self, instance: MatchingRule) -> None:
        delete_matching_rule(instance, self.caller.initiator)


class SimpleMatchingRuleViewSet(WithinSystem, MatchingRuleView):
    operations = {
        "list": Operation("listMatchingRules", "List rules of an object type (simple mode)"),
        "create": Operation("createMatchingRule", "Create a rule (simple mode)"),
        "retrieve": Operation("retrieveMatchingRule", "Retrieve a rule (simple mode)"),
        "update": Operation("updateMatchingRule", "Update a rule (simple mode)"),
        "destroy": Operation("deleteMatchingRule", "Delete a rule (simple mode)"),
    }
    create_serializer_class = MatchingRuleCreateSerializer

    def get_queryset(self) -> QuerySet[MatchingRule]:
        rules = RULES.filter(object_type__system=self.kwargs.get("connectedSystemId"), sync_rule=None)
        if "objectTypeId" in self.kwargs:
            return rules.filter(object_type=self.kwargs["objectTypeId"])
        return rules

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        find_or_404(self.system.object_types, pk=kwargs["objectTypeId"])
        return super().list(request, *args, **kwargs)

    def perform_create(self, serializer: Any) -> MatchingRule:
        values = serializer.validated_data
        wanted = serializer.wanted(values["metaverse_object_type_id"])
        return create_matching_rule(values["object_type"], None, wanted, self.caller.initiator)


class AdvancedMatchingRuleViewSet(WithinRule, MatchingRuleView):
    operations = {
        "list": Operation("listSyncRuleMatchingRules", "List rules (advanced mode)"),
        "create": Operation("createSyncRuleMatchingRule", "Create a rule (advanced mode)"),
        "retrieve": Operation("retrieveSyncRuleMatchingRule", "Retrieve a rule (advanced mode)"),
        "update": Operation("updateSyncRuleMatchingRule", "Update a rule (advanced mode)"),
        "destroy": Operation("deleteSyncRuleMatchingRule", "Delete a rule (advanced mode)"),
    }
    create_serializer_class = SyncRuleMatchingRuleCreateSerializer

    def get_queryset(self) -> QuerySet[MatchingRule]:
        return RULES.filter(sync_rule=self.kwargs.get("syncRuleId"))

    def perform_create(self, serializer: Any) -> MatchingRule:
        rule = self.rule
        wanted = serializer.wanted(rule.metaverse_object_type_id)
        return create_matching_rule(rule.object_type, rule, wanted, self.caller.initiator)


class MatchingModeView(WithinSystem, ApiView):
    tag = TAG
    operations = {"post": Operation("switchMatchingMode", "Switch the matching mode")}

    @extend_schema(request=MatchingModeSwitchSerializer, responses=MatchingModeSwitchResultSerializer)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """An unknown mode is BAD_REQUEST here, unlike any other bad field: the contract says so."""
        serializer = MatchingModeSwitchSerializer(data=request.data)
        try:
            serializer.is_valid(raise_exception=True)
        except ValidationError as exc:
            raise BadRequest(f"mode must be one of {', '.join(MatchingMode.values)}.") from exc
        mode = MatchingMode(serializer.validated_data["mode"])
        switch = switch_matching_mode(self.system, mode, self.caller.initiator)
        result = {
            "connected_system_id": self.system.pk,
            "mode": mode,
            "migrated_rule_count": switch.migrated,
            "removed_rule_count": switch.removed,
            "warnings": switch.warnings,
        }
        return Response(MatchingModeSwitchResultSerializer(result).data)
