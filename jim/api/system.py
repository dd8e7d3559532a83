"""Health and version: for probes, so without credentials and without rate limit."""

from importlib.metadata import version
from typing import Any

from django.db import Error, connection
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from jim.api.fields import CharField, ChoiceField, DateTimeField
from jim.api.schema import Operation
from jim.api.serializers import Serializer
from jim.api.views import ApiView

VERSION = version("jim")


class HealthStatusSerializer(Serializer):
    status = ChoiceField(choices=["healthy"])
    timestamp = DateTimeField()


class ReadinessStatusSerializer(Serializer):
    status = ChoiceField(choices=["ready", "not_ready"])
    timestamp = DateTimeField()


class LivenessStatusSerializer(Serializer):
    status = ChoiceField(choices=["alive"])
    timestamp = DateTimeField()


class VersionInfoSerializer(Serializer):
    product = ChoiceField(choices=["JIM"])
    version = CharField(help_text="Semantic version")


class ProbeView(ApiView):
    tag = "System"
    authentication_classes = ()
    permission_classes = ()
    throttle_classes = ()


class HealthView(ProbeView):
    operations = {"get": Operation("getHealth", "Basic health")}

    @extend_schema(responses=HealthStatusSerializer)
    def get(self, request: Request) -> Response:
        return Response(_state("healthy"))


class LivenessView(ProbeView):
    operations = {"get": Operation("getLiveness", "Liveness probe")}

    @extend_schema(responses=LivenessStatusSerializer)
    def get(self, request: Request) -> Response:
        return Response(_state("alive"))


class ReadinessView(ProbeView):
    """Ready when the database answers; 503 otherwise, with the same body so that probes see it."""

    operations = {"get": Operation("getReadiness", "Readiness probe")}

    @extend_schema(responses={200: ReadinessStatusSerializer, 503: ReadinessStatusSerializer})
    def get(self, request: Request) -> Response:
        if database_answers():
            return Response(_state("ready"))
        return Response(_state("not_ready"), status.HTTP_503_SERVICE_UNAVAILABLE)


class VersionView(ProbeView):
    operations = {"get": Operation("getVersion", "Product version")}

    @extend_schema(responses=VersionInfoSerializer)
    def get(self, request: Request) -> Response:
        return Response({"product": "JIM", "version": VERSION})


def database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return False
    return True


def _state(state: str) -> dict[str, Any]:
    return {"status": state, "timestamp": timezone.now()}
