"""Synchronisation rules and their attribute mappings."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from rest_framework.serializers import BaseSerializer

from jim.api.schema import Operation
from jim.api.uniqueness import unique_violations
from jim.api.views import CreateMixin, DestroyMixin, ListMixin, ResourceViewSet, RetrieveMixin, UpdateMixin
from synchronisation.api.scopes import WithinRule
from synchronisation.models import SyncRule, SyncRuleMapping, SyncRuleMappingSource
from synchronisation.services.mappings import create_mapping, delete_mapping, replace_mapping
from synchronisation.services.sync_rules import create_rule, delete_rule, update_rule

from .filtersets import SyncRuleFilter
from .mapping_serializers import MappingInputSerializer, MappingSerializer
from .serializers import SyncRuleCreateSerializer, SyncRuleSerializer, SyncRuleUpdateSerializer

FIELD_BY_CONSTRAINT = {"sync_rule_name": "name"}
SOURCES = SyncRuleMappingSource.objects.select_related("attribute", "metaverse_attribute")


class SyncRuleViewSet(ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, ResourceViewSet):
    tag = "Synchronisation Rules"
    operations = {
        "list": Operation("listSyncRules", "List synchronisation rules"),
        "create": Operation("createSyncRule", "Create a synchronisation rule"),
        "retrieve": Operation("retrieveSyncRule", "Retrieve a synchronisation rule"),
        "update": Operation("updateSyncRule", "Update a synchronisation rule"),
        "destroy": Operation("deleteSyncRule", "Delete a rule with its parts"),
    }
    queryset = SyncRule.objects.select_related("system", "object_type", "metaverse_object_type")
    serializer_class = SyncRuleSerializer
    filterset_class = SyncRuleFilter
    sort_fields = {
        "name": "name",
        "created": "created",
        "direction": "direction",
        "enabled": "enabled",
        "connectedSystemName": "system__name",
    }

    def get_input_serializer_class(self) -> type[BaseSerializer]:
        return SyncRuleCreateSerializer if self.action == "create" else SyncRuleUpdateSerializer

    def perform_create(self, serializer: Any) -> SyncRule:
        with unique_violations(FIELD_BY_CONSTRAINT):
            return create_rule(serializer.validated_data, self.caller.initiator)

    def perform_update(self, serializer: Any) -> SyncRule:
        with unique_violations(FIELD_BY_CONSTRAINT):
            return update_rule(serializer.instance, serializer.validated_data, self.caller.initiator)

    def perform_destroy(self, instance: SyncRule) -> None:
        delete_rule(instance, self.caller.initiator)


class MappingViewSet(WithinRule, ListMixin, RetrieveMixin, CreateMixin, UpdateMixin, DestroyMixin, ResourceViewSet):
    tag = "Attribute Mappings"
    operations = {
        "list": Operation("listSyncRuleMappings", "List mappings"),
        "create": Operation("createSyncRuleMapping", "Create a mapping"),
        "retrieve": Operation("retrieveSyncRuleMapping", "Retrieve a mapping"),
        "update": Operation("updateSyncRuleMapping", "Replace a mapping's sources and options"),
        "destroy": Operation("deleteSyncRuleMapping", "Delete a mapping"),
    }
    queryset = SyncRuleMapping.objects.all()
    serializer_class = MappingSerializer
    input_serializer_class = MappingInputSerializer
    pagination_class = None
    path_id = "mappingId"
    replaces = True

    def get_queryset(self) -> QuerySet[SyncRuleMapping]:
        own = SyncRuleMapping.objects.filter(rule=self.kwargs.get("syncRuleId"))
        related = own.select_related("rule__system", "target_metaverse_attribute", "target_attribute")
        return related.prefetch_related(Prefetch("sources", SOURCES.all()))

    def perform_create(self, serializer: Any) -> SyncRuleMapping:
        return create_mapping(self.rule, serializer.wanted(), self.caller.initiator)

    def perform_update(self, serializer: Any) -> SyncRuleMapping:
        return replace_mapping(serializer.instance, serializer.wanted(), self.caller.initiator)

    def perform_destroy(self, instance: SyncRuleMapping) -> None:
        delete_mapping(instance, self.caller.initiator)
