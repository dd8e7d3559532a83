"""Base views: the contract's order of checks, and the parts endpoints are put together from.

Always: authentication and rate limit come first, then the role, then existence (of what the path names), then
validation. Requests that fail authentication count against the address they came from.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, ClassVar, cast

from rest_framework import status
from rest_framework.exceptions import APIException
from rest_framework.mixins import ListModelMixin as ListMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from jim.api.caller import Caller
from jim.api.conditional import unless_known
from jim.api.lookup import find_or_404
from jim.api.schema import RETRIEVE, Operation

__all__ = [
    "ApiView",
    "CreateMixin",
    "DestroyMixin",
    "ListMixin",
    "ResourceViewSet",
    "RetrieveMixin",
    "UpdateMixin",
]


class ApiView(APIView):
    """An endpoint that is no resource; write `get`, `post` ...

    tag, operations: for the OpenAPI document; an operation is found by action name, or by method in lower case.
    """

    tag: ClassVar[str] = ""
    operations: ClassVar[Mapping[str, Operation]] = {}
    format_kwarg = None  # DRF's format suffixes are not part of any path

    @property
    def caller(self) -> Caller:
        """Who called; there is always somebody where permissions ask for a role."""
        return cast(Caller, self.request.user)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """DRF's checks in the contract's order; DRF itself asks for the role before the rate."""
        try:
            self.perform_authentication(request)
        except APIException:
            self.check_throttles(request)
            raise
        self.check_throttles(request)
        self.check_permissions(request)
        request.accepted_renderer, request.accepted_media_type = self.perform_content_negotiation(request)

    def options(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """The methods of a resource, in the Allow header that every answer carries."""
        return Response(status=status.HTTP_204_NO_CONTENT)


class ResourceViewSet(ApiView, GenericViewSet):
    """A resource: rows of `queryset`, one of which a path names by `path_id`.

    serializer_class: what is answered. input_serializer_class: what is taken, when it differs.
    """

    path_id: ClassVar[str] = "id"
    input_serializer_class: ClassVar[type[BaseSerializer] | None] = None
    sort_fields: ClassVar[Mapping[str, str]] = {}
    default_order: ClassVar[Sequence[Any]] = ("pk",)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """One object is answered with its tag."""
        final = super().finalize_response(request, response, *args, **kwargs)
        if self.action == RETRIEVE and final.status_code == status.HTTP_200_OK:
            final.add_post_render_callback(partial(unless_known, request._request))
        return final

    def get_object(self) -> Any:
        """The row that the path names; query parameters of the list are unknown here, and so ignored."""
        return find_or_404(self.get_queryset(), pk=self.kwargs[self.path_id])

    def get_input_serializer_class(self) -> type[BaseSerializer]:
        return self.input_serializer_class or self.get_serializer_class()

    def read(self, request: Request, instance: Any = None, *, partial: bool = False) -> BaseSerializer:
        """The body, validated. Raises: ValidationError."""
        serializer_class = self.get_input_serializer_class()
        context = self.get_serializer_context()
        serializer = serializer_class(instance, data=request.data, partial=partial, context=context)
        serializer.is_valid(raise_exception=True)
        return serializer

    def answer(self, instance: Any, code: int = status.HTTP_200_OK) -> Response:
        """The row as clients see it, read again with whatever `get_queryset` adds to it."""
        return Response(self.get_serializer(self.get_queryset().get(pk=instance.pk)).data, code)


class RetrieveMixin(ResourceViewSet):
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(self.get_serializer(self.get_object()).data)


class CreateMixin(ResourceViewSet):
    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return self.answer(self.perform_create(self.read(request)), status.HTTP_201_CREATED)

    def perform_create(self, serializer: BaseSerializer) -> Any:
        """Override to give the row what the path says, or to record an activity."""
        return serializer.save()


class UpdateMixin(ResourceViewSet):
    """PUT. Partial (omitted means unchanged) unless the view says `replaces = True`."""

    replaces: ClassVar[bool] = False

    def update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        serializer = self.read(request, self.get_object(), partial=not self.replaces)
        return self.answer(self.perform_update(serializer))

    def perform_update(self, serializer: BaseSerializer) -> Any:
        return serializer.save()


class DestroyMixin(ResourceViewSet):
    def destroy(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        self.perform_destroy(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)

    def perform_destroy(self, instance: Any) -> None:
        instance.delete()
