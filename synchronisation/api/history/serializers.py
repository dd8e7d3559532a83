"""Shapes of the history: deleted objects, change records, and what a cleanup removed."""

from jim.api.fields import CharField, DateTimeField, IntegerField
from jim.api.serializers import ModelSerializer, Serializer
from synchronisation.models import DeletedCso, DeletedMvo


class DeletedConnectedSystemObjectSerializer(ModelSerializer):
    object_type_name = CharField(source="object_type", read_only=True, allow_null=True)
    connected_system_id = IntegerField(source="system_id", read_only=True)
    connected_system_name = CharField(source="system_name", read_only=True, allow_null=True)
    change_time = DateTimeField(source="deleted", read_only=True)

    class Meta:
        model = DeletedCso
        fields = read_only_fields = (
            "id",
            "external_id",
            "display_name",
            "object_type_name",
            "connected_system_id",
            "connected_system_name",
            "change_time",
            "initiated_by_type",
            "initiated_by_name",
        )


class DeletedMetaverseObjectSerializer(ModelSerializer):
    object_type_name = CharField(source="object_type", read_only=True, allow_null=True)
    object_type_id = IntegerField(source="type_id", read_only=True, allow_null=True)
    change_time = DateTimeField(source="deleted", read_only=True)

    class Meta:
        model = DeletedMvo
        fields = read_only_fields = (
            "id",
            "display_name",
            "object_type_name",
            "object_type_id",
            "change_time",
            "initiated_by_type",
            "initiated_by_name",
        )


class ChangeRecordCountSerializer(Serializer):
    connected_system_id = IntegerField()
    connected_system_name = CharField(allow_null=True)
    change_record_count = IntegerField()


class HistoryCleanupResultSerializer(Serializer):
    cso_changes_deleted = IntegerField()
    mvo_changes_deleted = IntegerField()
    activities_deleted = IntegerField()
    oldest_record_deleted = DateTimeField(allow_null=True)
    newest_record_deleted = DateTimeField(allow_null=True)
    cutoff_date = DateTimeField()
    retention_period_days = IntegerField()
    batch_size = IntegerField()
