"""Shapes of trusted certificates."""

from django.utils import timezone
from rest_framework.serializers import ListField, SerializerMethodField

from jim.api.fields import BooleanField, CharField, DateTimeField
from jim.api.serializers import ModelSerializer, Serializer
from synchronisation.models import TrustedCertificate
from synchronisation.x509 import EXPIRES_SOON


class CertificateSerializer(ModelSerializer):
    created_at = DateTimeField(source="created", read_only=True)
    is_expired = SerializerMethodField()
    is_expiring_soon = SerializerMethodField(help_text="Within 30 days")
    days_until_expiry = SerializerMethodField(help_text="Negative once expired")

    class Meta:
        model = TrustedCertificate
        fields = read_only_fields = (
            "id",
            "name",
            "thumbprint",
            "subject",
            "issuer",
            "serial_number",
            "valid_from",
            "valid_to",
            "source_type",
            "file_path",
            "is_enabled",
            "created_at",
            "created_by",
            "notes",
            "is_expired",
            "is_expiring_soon",
            "days_until_expiry",
        )

    def get_is_expired(self, certificate: TrustedCertificate) -> bool:
        return certificate.valid_to < timezone.now()

    def get_is_expiring_soon(self, certificate: TrustedCertificate) -> bool:
        now = timezone.now()
        return now <= certificate.valid_to < now + EXPIRES_SOON

    def get_days_until_expiry(self, certificate: TrustedCertificate) -> int:
        return (certificate.valid_to - timezone.now()).days


class CertificateUploadSerializer(Serializer):
    name = CharField(max_length=255)
    certificate_data_base64 = CharField(trim_whitespace=False, help_text="PEM or DER, at most 1 MB decoded")
    notes = CharField(max_length=2000, allow_null=True, allow_blank=True, default=None)


class CertificateFromFileSerializer(Serializer):
    name = CharField(max_length=255)
    file_path = CharField(help_text="Below the connector-files folder")
    notes = CharField(max_length=2000, allow_null=True, allow_blank=True, default=None)


class CertificateUpdateSerializer(Serializer):
    name = CharField(max_length=255, required=False)
    notes = CharField(max_length=2000, allow_null=True, allow_blank=True, required=False)
    is_enabled = BooleanField(required=False)


class CertificateValidationSerializer(Serializer):
    """Of `Findings`. DRF takes the fields out of the class, so that its own members of these names stay."""

    is_valid = BooleanField()  # type: ignore[assignment]  # see above
    errors = ListField(child=CharField())  # type: ignore[assignment]  # see above
    warnings = ListField(child=CharField())
