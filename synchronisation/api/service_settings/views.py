"""Service settings: what they are, and what an administrator has set them to."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from jim.api.schema import Operation
from jim.api.views import ResourceViewSet
from synchronisation.models import ServiceSettingOverride
from synchronisation.services.service_settings import (
    SettingState,
    override_setting,
    revert_setting,
    setting_state,
    setting_states,
)

from .serializers import ServiceSettingSerializer, ServiceSettingUpdateSerializer


class ServiceSettingViewSet(ResourceViewSet):
    tag = "Service Settings"
    operations = {
        "list": Operation("listServiceSettings", "List settings"),
        "retrieve": Operation("retrieveServiceSetting", "Retrieve a setting"),
        "update": Operation("updateServiceSetting", "Override a setting"),
        "destroy": Operation("revertServiceSetting", "Clear the override", errors=(400,)),
    }
    queryset = ServiceSettingOverride.objects.all()
    serializer_class = ServiceSettingSerializer
    input_serializer_class = ServiceSettingUpdateSerializer
    pagination_class = None
    path_id = "key"

    def get_object(self) -> SettingState:
        state = setting_state(self.kwargs["key"])
        if state is None:
            raise NotFound(f"There is no service setting {self.kwargs['key']}.")
        return state

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(setting_states(), many=True).data)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(self.get_object()).data)

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        setting = self.get_object().setting
        value = self.read(request).validated_data["value"]
        if value is None:
            revert_setting(setting, self.caller.initiator)
        else:
            override_setting(setting, value, self.caller.initiator)
        return self.retrieve(request)

    @extend_schema(responses={200: ServiceSettingSerializer})
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        revert_setting(self.get_object().setting, self.caller.initiator)
        return self.retrieve(request)
