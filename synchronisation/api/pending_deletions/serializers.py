"""Shapes of pending deletions."""

from typing import Any

from rest_framework.serializers import SerializerMethodField

from jim.api.fields import CharField, ChoiceField, DateTimeField, IntegerField, TimeSpanField
from jim.api.serializers import ModelSerializer, Serializer
from synchronisation.models import MetaverseObject
from synchronisation.services.pending_deletions import STATUSES


class PendingDeletionSerializer(ModelSerializer):
    """Rows of `pending_deletions`."""

    type_name = CharField(source="type.name", read_only=True)
    type_id = IntegerField(read_only=True)
    last_connector_disconnected_date = DateTimeField(source="disconnected", read_only=True)
    deletion_eligible_date = DateTimeField(source="deletion_eligible", read_only=True, allow_null=True)
    days_until_deletion = SerializerMethodField(help_text="Whole days, negative when overdue")
    grace_period = TimeSpanField(source="type.deletion_grace_period", read_only=True, allow_null=True)
    connected_system_object_count = IntegerField(read_only=True)
    status = ChoiceField(source="pending_status", choices=STATUSES, read_only=True)

    class Meta:
        model = MetaverseObject
        fields = read_only_fields = (
            "id",
            "display_name",
            "type_name",
            "type_id",
            "last_connector_disconnected_date",
            "deletion_eligible_date",
            "days_until_deletion",
            "grace_period",
            "connected_system_object_count",
            "status",
        )

    def get_days_until_deletion(self, mvo: Any) -> int | None:
        if mvo.deletion_eligible is None:
            return None
        return (mvo.deletion_eligible - self.context["view"].now).days


class PendingDeletionSummarySerializer(Serializer):
    total_count = IntegerField()
    deprovisioning_count = IntegerField()
    awaiting_grace_period_count = IntegerField()
    ready_for_deletion_count = IntegerField()
