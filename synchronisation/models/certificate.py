"""Certificates that connections to external stores may trust, given as data or as a file."""

from django.db import models

from activities.models import new_id


class CertificateSource(models.TextChoices):
    UPLOADED = "Uploaded"
    FILE_PATH = "FilePath"


class TrustedCertificate(models.Model):
    """thumbprint: SHA-1, upper-case hexadecimal. data: DER; null for a file, which is read when it is needed."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=255)
    thumbprint = models.CharField(max_length=40)
    subject = models.TextField()
    issuer = models.TextField()
    serial_number = models.TextField()
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField()
    source_type = models.CharField(max_length=8, choices=CertificateSource)
    file_path = models.TextField(null=True)
    data = models.BinaryField(null=True)
    is_enabled = models.BooleanField(default=True)
    created = models.DateTimeField(auto_now_add=True)
    created_by = models.CharField(max_length=300, null=True)
    notes = models.CharField(max_length=2000, null=True)

    class Meta:
        db_table = "trusted_certificate"
        verbose_name = "certificate"
        ordering = ["id"]

    def __str__(self) -> str:
        return self.name
