"""Paths below /api/v1/ that belong to synchronisation. They end without a slash."""

from typing import Any

from django.urls import URLPattern, path
from rest_framework.viewsets import ViewSetMixin

from . import converters
from .certificates.views import CertificateViewSet, EnabledCertificateViewSet
from .connected_systems.views import ConnectedSystemViewSet, ConnectorDefinitionViewSet
from .connector_space.views import (
    ConnectorSpaceCountViewSet,
    ConnectorSpaceValueViewSet,
    ConnectorSpaceViewSet,
    UnresolvedReferenceCountViewSet,
)
from .expressions.views import ExpressionTestView
from .hierarchy.views import ContainerViewSet, PartitionViewSet
from .history.views import ChangeRecordCountView, DeletedCsoViewSet, DeletedMvoViewSet, HistoryCleanupView
from .matching_rules.views import AdvancedMatchingRuleViewSet, MatchingModeView, SimpleMatchingRuleViewSet
from .metaverse.object_views import MetaverseObjectCountViewSet, MetaverseObjectViewSet
from .metaverse.schema_views import ContributorViewSet, MetaverseAttributeViewSet, MetaverseObjectTypeViewSet
from .metaverse.search_views import PredefinedSearchRunViewSet
from .pending_deletions.views import (
    PendingDeletionCountViewSet,
    PendingDeletionSummaryView,
    PendingDeletionViewSet,
)
from .pending_exports.views import (
    PendingExportChangeViewSet,
    PendingExportCountViewSet,
    PendingExportViewSet,
    SystemPendingExportViewSet,
)
from .predefined_searches.views import PredefinedSearchViewSet
from .run_profiles.views import RunProfileViewSet
from .schedules.views import ActiveScheduleExecutionViewSet, ScheduleExecutionViewSet, ScheduleViewSet
from .schema.views import AttributeViewSet, ObjectTypeViewSet
from .scoping.views import ScopingCriterionViewSet, ScopingGroupViewSet
from .security.views import MetaverseObjectRoleViewSet, RoleMemberViewSet, RoleViewSet
from .service_settings.views import ServiceSettingViewSet
from .sync_rules.views import MappingViewSet, SyncRuleViewSet

converters.register()

DEFINITIONS = "synchronisation/connector-definitions"
SYSTEMS = "synchronisation/connected-systems"
SYSTEM = f"{SYSTEMS}/<int32:connectedSystemId>"
OBJECT_TYPE = f"{SYSTEM}/object-types/<int32:objectTypeId>"
RUN_PROFILE = f"{SYSTEM}/run-profiles/<int32:runProfileId>"
RULES = "synchronisation/sync-rules"
RULE = f"{RULES}/<int32:syncRuleId>"
GROUP = f"{RULE}/scoping-criteria/<int32:groupId>"
PENDING_EXPORT = "synchronisation/pending-exports/<guid:pendingExportId>"
ROLE = "security/roles/<int32:roleId>"
VALUES = "<attribute_name:attributeName>/values"

COLLECTION = {"get": "list", "post": "create"}
ONE = {"get": "retrieve", "put": "update", "delete": "destroy"}


def route(pattern: str, view: type[ViewSetMixin], **actions: Any) -> URLPattern:
    """A path and what its methods do: `route("things", ThingViewSet, get="list")`."""
    handler: Any = view.as_view(actions)
    return path(pattern, handler)


urlpatterns = [
    route(DEFINITIONS, ConnectorDefinitionViewSet, get="list"),
    route(f"{DEFINITIONS}/<int32:connectorDefinitionId>", ConnectorDefinitionViewSet, get="retrieve"),
    route(SYSTEMS, ConnectedSystemViewSet, **COLLECTION),
    route(SYSTEM, ConnectedSystemViewSet, **ONE),
    route(f"{SYSTEM}/import-schema", ConnectedSystemViewSet, post="import_schema"),
    route(f"{SYSTEM}/import-hierarchy", ConnectedSystemViewSet, post="import_hierarchy"),
    route(f"{SYSTEM}/deletion-preview", ConnectedSystemViewSet, get="preview_deletion"),
    route(f"{SYSTEM}/clear", ConnectedSystemViewSet, post="clear"),
    route(f"{SYSTEM}/partitions", PartitionViewSet, get="list"),
    route(f"{SYSTEM}/partitions/<int32:partitionId>", PartitionViewSet, put="update"),
    route(f"{SYSTEM}/containers/<int32:containerId>", ContainerViewSet, put="update"),
    path(f"{SYSTEM}/matching-mode", MatchingModeView.as_view()),
    route(f"{SYSTEM}/object-types", ObjectTypeViewSet, get="list"),
    route(OBJECT_TYPE, ObjectTypeViewSet, put="update"),
    route(f"{OBJECT_TYPE}/attributes/bulk-update", AttributeViewSet, post="bulk_update"),
    route(f"{OBJECT_TYPE}/attributes/<int32:attributeId>", AttributeViewSet, put="update"),
    route(f"{OBJECT_TYPE}/matching-rules", SimpleMatchingRuleViewSet, get="list"),
    route(f"{SYSTEM}/matching-rules", SimpleMatchingRuleViewSet, post="create"),
    route(f"{SYSTEM}/matching-rules/<int32:ruleId>", SimpleMatchingRuleViewSet, **ONE),
    route(f"{SYSTEM}/connector-space", ConnectorSpaceViewSet, get="list"),
    route(f"{SYSTEM}/connector-space/count", ConnectorSpaceCountViewSet, get="count"),
    route(f"{SYSTEM}/connector-space/unresolved-references/count", UnresolvedReferenceCountViewSet, get="count"),
    route(f"{SYSTEM}/connector-space/<guid:id>", ConnectorSpaceViewSet, get="retrieve"),
    route(
        f"{SYSTEM}/connector-space/<guid:csoId>/attributes/{VALUES}",
        ConnectorSpaceValueViewSet,
        get="list",
    ),
    route(f"{SYSTEM}/pending-exports", SystemPendingExportViewSet, get="list"),
    route(f"{SYSTEM}/pending-exports/count", PendingExportCountViewSet, get="count"),
    route(PENDING_EXPORT, PendingExportViewSet, get="retrieve", delete="destroy"),
    route(f"{PENDING_EXPORT}/retry", PendingExportViewSet, post="retry"),
    route(
        f"{PENDING_EXPORT}/attribute-changes/{VALUES}",
        PendingExportChangeViewSet,
        get="list",
    ),
    route(f"{SYSTEM}/run-profiles", RunProfileViewSet, **COLLECTION),
    route(RUN_PROFILE, RunProfileViewSet, **ONE),
    route(f"{RUN_PROFILE}/execute", RunProfileViewSet, post="execute"),
    route(RULES, SyncRuleViewSet, **COLLECTION),
    route(f"{RULES}/<int32:id>", SyncRuleViewSet, **ONE),
    route(f"{RULE}/mappings", MappingViewSet, **COLLECTION),
    route(f"{RULE}/mappings/<int32:mappingId>", MappingViewSet, **ONE),
    route(f"{RULE}/matching-rules", AdvancedMatchingRuleViewSet, **COLLECTION),
    route(f"{RULE}/matching-rules/<int32:ruleId>", AdvancedMatchingRuleViewSet, **ONE),
    route(f"{RULE}/scoping-criteria", ScopingGroupViewSet, **COLLECTION),
    route(GROUP, ScopingGroupViewSet, **ONE),
    route(f"{GROUP}/child-groups", ScopingGroupViewSet, post="create_child"),
    route(f"{GROUP}/criteria", ScopingCriterionViewSet, post="create"),
    route(f"{GROUP}/criteria/<int32:criterionId>", ScopingCriterionViewSet, put="update", delete="destroy"),
    route("metaverse/object-types", MetaverseObjectTypeViewSet, **COLLECTION),
    route("metaverse/object-types/<int32:id>", MetaverseObjectTypeViewSet, get="retrieve", put="update"),
    route(
        "metaverse/object-types/<int32:id>/attributes/<int32:attributeId>/contributors",
        ContributorViewSet,
        get="list",
        put="update",
    ),
    route("metaverse/attributes", MetaverseAttributeViewSet, **COLLECTION),
    route("metaverse/attributes/<int32:id>", MetaverseAttributeViewSet, **ONE),
    route("metaverse/objects", MetaverseObjectViewSet, get="list"),
    route("metaverse/objects/count", MetaverseObjectCountViewSet, get="count"),
    route("metaverse/objects/<guid:id>", MetaverseObjectViewSet, get="retrieve"),
    route("metaverse/objects/<guid:id>/roles", MetaverseObjectRoleViewSet, get="list"),
    route("security/roles", RoleViewSet, get="list"),
    route(ROLE, RoleViewSet, get="retrieve"),
    route(f"{ROLE}/members", RoleMemberViewSet, get="list"),
    route(f"{ROLE}/members/<guid:metaverseObjectId>", RoleMemberViewSet, put="add", delete="remove"),
    path("synchronisation/expressions/test", ExpressionTestView.as_view()),
    route("metaverse/pending-deletions", PendingDeletionViewSet, get="list"),
    route("metaverse/pending-deletions/count", PendingDeletionCountViewSet, get="count"),
    path("metaverse/pending-deletions/summary", PendingDeletionSummaryView.as_view()),
    route("history/deleted-objects/cso", DeletedCsoViewSet, get="list"),
    route("history/deleted-objects/mvo", DeletedMvoViewSet, get="list"),
    path("history/connected-systems/<int32:connectedSystemId>/count", ChangeRecordCountView.as_view()),
    path("history/cleanup", HistoryCleanupView.as_view()),
    route("metaverse/attributes/<int32:id>/searchable", MetaverseAttributeViewSet, put="switch_search_index"),
    route("metaverse/objects/search/<text:predefinedSearchUri>", PredefinedSearchRunViewSet, get="list"),
    route("predefined-searches", PredefinedSearchViewSet, get="list"),
    route("predefined-searches/<int32:id>", PredefinedSearchViewSet, get="retrieve", patch="partial_update"),
    route("predefined-searches/by-uri/<text:uri>", PredefinedSearchViewSet, get="retrieve_by_uri"),
    route("schedules", ScheduleViewSet, **COLLECTION),
    route("schedules/<guid:id>", ScheduleViewSet, **ONE),
    route("schedules/<guid:id>/enable", ScheduleViewSet, post="enable"),
    route("schedules/<guid:id>/disable", ScheduleViewSet, post="disable"),
    route("schedules/<guid:id>/run", ScheduleViewSet, post="run"),
    route("schedule-executions", ScheduleExecutionViewSet, get="list"),
    route("schedule-executions/active", ActiveScheduleExecutionViewSet, get="list"),
    route("schedule-executions/<guid:id>", ScheduleExecutionViewSet, get="retrieve"),
    route("schedule-executions/<guid:id>/cancel", ScheduleExecutionViewSet, post="cancel"),
    route("service-settings", ServiceSettingViewSet, get="list"),
    route("service-settings/<text:key>", ServiceSettingViewSet, **ONE),
    route("certificates", CertificateViewSet, get="list"),
    route("certificates/enabled", EnabledCertificateViewSet, get="list"),
    route("certificates/upload", CertificateViewSet, post="upload"),
    route("certificates/file", CertificateViewSet, post="add_file"),
    route("certificates/<guid:id>", CertificateViewSet, get="retrieve", patch="partial_update", delete="destroy"),
    route("certificates/<guid:id>/validate", CertificateViewSet, get="validate"),
    route("certificates/<guid:id>/download", CertificateViewSet, get="download"),
]
