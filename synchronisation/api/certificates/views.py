"""Trusted certificates."""

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from jim.api.errors import BadRequest
from jim.api.filters import FilterSet, SearchFilter
from jim.api.schema import Operation
from jim.api.sorting import SortBackend
from jim.api.views import DestroyMixin, ListMixin, ResourceViewSet, RetrieveMixin
from synchronisation.models import CertificateSource, TrustedCertificate
from synchronisation.services.certificates import (
    add_certificate_file,
    delete_certificate,
    update_certificate,
    upload_certificate,
    validate_certificate,
)

from .serializers import (
    CertificateFromFileSerializer,
    CertificateSerializer,
    CertificateUpdateSerializer,
    CertificateUploadSerializer,
    CertificateValidationSerializer,
)

DER_TYPE = "application/x-x509-ca-cert"
INPUTS = {"upload": CertificateUploadSerializer, "add_file": CertificateFromFileSerializer}


class CertificateFilter(FilterSet):
    filter = SearchFilter("name")


class EnabledCertificateViewSet(ListMixin, ResourceViewSet):
    tag = "Certificates"
    operations = {"list": Operation("listEnabledCertificates", "List enabled certificates")}
    queryset = TrustedCertificate.objects.filter(is_enabled=True).defer("data")
    serializer_class = CertificateSerializer
    filter_backends = (SortBackend,)
    pagination_class = None


class CertificateViewSet(ListMixin, RetrieveMixin, DestroyMixin, ResourceViewSet):
    tag = "Certificates"
    operations = {
        "list": Operation("listCertificates", "List certificates"),
        "upload": Operation("uploadCertificate", "Add a certificate from data"),
        "add_file": Operation("addCertificateFromFile", "Add a certificate from a file"),
        "retrieve": Operation("retrieveCertificate", "Retrieve a certificate"),
        "partial_update": Operation("updateCertificate", "Update a certificate"),
        "destroy": Operation("deleteCertificate", "Delete a certificate"),
        "validate": Operation("validateCertificate", "Validate a certificate"),
        "download": Operation("downloadCertificate", "Download in DER form", errors=(400,)),
    }
    queryset = TrustedCertificate.objects.all()
    serializer_class = CertificateSerializer
    filterset_class = CertificateFilter
    sort_fields = {"name": "name", "validTo": "valid_to", "createdAt": "created", "sourceType": "source_type"}

    def get_queryset(self) -> Any:
        """Without the data, which only a download and a validation need."""
        certificates = super().get_queryset()
        return certificates if self.action in ("validate", "download") else certificates.defer("data")

    def get_input_serializer_class(self) -> type[BaseSerializer]:
        return INPUTS.get(self.action, CertificateUpdateSerializer)

    @extend_schema(responses={201: CertificateSerializer})
    def upload(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = self.read(request).validated_data
        certificate = upload_certificate(
            given["name"], given["certificate_data_base64"], given["notes"], self.caller.initiator
        )
        return self.answer(certificate, status.HTTP_201_CREATED)

    @extend_schema(responses={201: CertificateSerializer})
    def add_file(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        given = self.read(request).validated_data
        certificate = add_certificate_file(given["name"], given["file_path"], given["notes"], self.caller.initiator)
        return self.answer(certificate, status.HTTP_201_CREATED)

    @extend_schema(responses={204: None})
    def partial_update(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        certificate = self.get_object()
        update_certificate(certificate, self.read(request).validated_data, self.caller.initiator)
        return Response(status=status.HTTP_204_NO_CONTENT)

    def perform_destroy(self, instance: TrustedCertificate) -> None:
        delete_certificate(instance, self.caller.initiator)

    @extend_schema(responses=CertificateValidationSerializer)
    def validate(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response(CertificateValidationSerializer(validate_certificate(self.get_object())).data)

    @extend_schema(responses={(200, DER_TYPE): OpenApiTypes.BINARY})
    def download(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        certificate = self.get_object()
        if certificate.source_type != CertificateSource.UPLOADED:
            raise BadRequest(f"{certificate.name!r} is a file: take it from {certificate.file_path} itself.")
        name = f'attachment; filename="{certificate.thumbprint}.cer"'
        return HttpResponse(bytes(certificate.data), DER_TYPE, headers={"Content-Disposition": name})
