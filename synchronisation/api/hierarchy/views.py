"""Partitions and containers of a connected system: what there is, and what imports read."""

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from jim.api.schema import Operation
from jim.api.views import ListMixin, ResourceViewSet, UpdateMixin
from synchronisation.api.scopes import WithinSystem
from synchronisation.models import Container, Partition
from synchronisation.services.hierarchy import select_container, select_partition

from .serializers import ContainerSerializer, PartitionSerializer, SelectionUpdateSerializer, attach_children

TAG = "Partitions and Containers"


class PartitionViewSet(WithinSystem, ListMixin, UpdateMixin, ResourceViewSet):
    tag = TAG
    operations = {
        "list": Operation("listPartitions", "List partitions and containers"),
        "update": Operation("updatePartition", "Select a partition"),
    }
    queryset = Partition.objects.all()
    serializer_class = PartitionSerializer
    input_serializer_class = SelectionUpdateSerializer
    pagination_class = None
    path_id = "partitionId"

    def get_queryset(self) -> QuerySet[Partition]:
        return Partition.objects.filter(system=self.kwargs.get("connectedSystemId")).select_related("system")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """All containers in one query, however deep they nest."""
        partitions: Any = list(self.get_queryset())
        outermost = attach_children(self.system.containers.all())
        for partition in partitions:
            partition.shown_containers = outermost[partition.pk]
        return Response(self.get_serializer(partitions, many=True).data)

    def perform_update(self, serializer: Any) -> Partition:
        return select_partition(serializer.instance, serializer.validated_data.get("selected"), self.caller.initiator)

    def answer(self, instance: Any, code: int = 200) -> Response:
        instance.shown_containers = attach_children(instance.containers.all())[instance.pk]
        return Response(self.get_serializer(instance).data, code)


class ContainerViewSet(WithinSystem, UpdateMixin, ResourceViewSet):
    tag = TAG
    operations = {"update": Operation("updateContainer", "Select a container with everything below it")}
    queryset = Container.objects.all()
    serializer_class = ContainerSerializer
    input_serializer_class = SelectionUpdateSerializer
    path_id = "containerId"

    def get_queryset(self) -> QuerySet[Container]:
        own = Container.objects.filter(system=self.kwargs.get("connectedSystemId"))
        return own.select_related("system", "partition")

    def perform_update(self, serializer: Any) -> Container:
        return select_container(serializer.instance, serializer.validated_data.get("selected"), self.caller.initiator)

    def answer(self, instance: Any, code: int = 200) -> Response:
        """With what lies in it, found among all containers of its partition."""
        every: Any = list(Container.objects.filter(system=instance.system_id, partition=instance.partition_id))
        attach_children(every)
        return Response(self.get_serializer(next(one for one in every if one.pk == instance.pk)).data, code)
