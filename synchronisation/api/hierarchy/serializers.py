"""Shapes of partitions and containers, and of what importing the hierarchy changed."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework.serializers import SerializerMethodField

from jim.api.fields import BooleanField, CharField, ChoiceField, IntegerField
from jim.api.serializers import ModelSerializer, Serializer
from synchronisation.models import Container, Partition

CONTAINERS = {"type": "array", "items": {"$ref": "#/components/schemas/Container"}}


def attach_children(containers: Iterable[Container]) -> dict[int | None, list[Any]]:
    """Give each container the `children` that lie in it. Returns the outermost ones by partition."""
    below: dict[int | None, list[Any]] = defaultdict(list)
    outermost: dict[int | None, list[Any]] = defaultdict(list)
    every: list[Any] = list(containers)
    for container in every:
        if container.parent_id is None:
            outermost[container.partition_id].append(container)
        else:
            below[container.parent_id].append(container)
    for container in every:
        container.children = below[container.pk]
    return outermost


class ContainerSerializer(ModelSerializer):
    """A container with its `children`, as `attach_children` gives them."""

    partition_id = IntegerField(read_only=True, allow_null=True)
    connected_system_id = IntegerField(source="system_id", read_only=True, allow_null=True)
    child_containers = SerializerMethodField()

    class Meta:
        model = Container
        fields = read_only_fields = (
            "id",
            "name",
            "external_id",
            "description",
            "hidden",
            "selected",
            "partition_id",
            "connected_system_id",
            "child_containers",
        )

    @extend_schema_field(CONTAINERS)
    def get_child_containers(self, container: Any) -> list[Any]:
        return [self.to_representation(child) for child in container.children]


class PartitionSerializer(ModelSerializer):
    """A partition with its outermost `shown_containers`."""

    connected_system_id = IntegerField(source="system_id", read_only=True)
    containers = ContainerSerializer(source="shown_containers", many=True, read_only=True)

    class Meta:
        model = Partition
        fields = read_only_fields = ("id", "name", "external_id", "selected", "connected_system_id", "containers")


class SelectionUpdateSerializer(Serializer):
    selected = BooleanField(required=False)


class HierarchyChangeItemSerializer(Serializer):
    external_id = CharField()
    name = CharField()
    was_selected = BooleanField()
    item_type = ChoiceField(choices=("Partition", "Container"))
    previous_name = CharField(allow_null=True, help_text="Of what was renamed")
    previous_parent_external_id = CharField(allow_null=True, help_text="Of what was moved, or is gone")
    new_parent_external_id = CharField(allow_null=True, help_text="Of what was moved, or is new")


class HierarchyImportResultSerializer(Serializer):
    success = BooleanField(default=True)
    error_message = CharField(allow_null=True, default=None)
    total_partitions = IntegerField()
    total_containers = IntegerField()
    added_partitions = HierarchyChangeItemSerializer(many=True)
    removed_partitions = HierarchyChangeItemSerializer(many=True)
    renamed_partitions = HierarchyChangeItemSerializer(many=True)
    added_containers = HierarchyChangeItemSerializer(many=True)
    removed_containers = HierarchyChangeItemSerializer(many=True)
    renamed_containers = HierarchyChangeItemSerializer(many=True)
    moved_containers = HierarchyChangeItemSerializer(many=True)
    has_changes = BooleanField()
    has_selected_items_removed = BooleanField()
