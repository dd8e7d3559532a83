"""Trying out an expression before it goes into a mapping."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from jim.api.schema import Operation
from jim.api.views import ApiView
from synchronisation.services.expression_trial import try_expression

from .serializers import ExpressionTestRequestSerializer, ExpressionTestResultSerializer


class ExpressionTestView(ApiView):
    """Changes nothing, and so leaves no activity."""

    tag = "Expressions"
    operations = {"post": Operation("testExpression", "Evaluate an expression on sample data")}

    @extend_schema(request=ExpressionTestRequestSerializer, responses=ExpressionTestResultSerializer)
    def post(self, request: Request) -> Response:
        serializer = ExpressionTestRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        wanted = serializer.validated_data
        trial = try_expression(wanted["expression"], wanted["mv_attributes"], wanted["cs_attributes"], timezone.now())
        return Response(ExpressionTestResultSerializer(trial).data)
