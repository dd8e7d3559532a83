"""Trusted certificates: add one from data or from a file, change, delete and validate it.

Always: a file lies in the folder for connector files and is read anew when it is validated; a private key is refused,
never stored.
"""

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path, PurePath
from typing import Any

from cryptography import x509
from django.db import transaction
from django.utils import timezone

from activities.models import OperationType, TargetType
from activities.recorder import Initiator, record
from connectors.errors import ConnectorError
from connectors.file.errors import contract_errors
from connectors.file.paths import locate, open_regular, opened_folder
from jim import conf
from synchronisation.models import CertificateSource, TrustedCertificate
from synchronisation.x509 import LARGEST, CertificateError, Findings, der, findings, read_certificate, thumbprint

from .audit import changed_fields
from .errors import RefusedError

DATA, PATH = "certificate_data_base64", "file_path"


def upload_certificate(name: str, base64_text: str, notes: str | None, initiator: Initiator) -> TrustedCertificate:
    """Raises: RefusedError."""
    try:
        certificate = read_certificate(_decoded(base64_text))
    except CertificateError as error:
        raise RefusedError({DATA: [str(error)]}) from error
    return _add(certificate, CertificateSource.UPLOADED, initiator, name=name, notes=notes, data=der(certificate))


def add_certificate_file(name: str, file_path: str, notes: str | None, initiator: Initiator) -> TrustedCertificate:
    """Raises: RefusedError."""
    try:
        certificate = read_certificate(_content(file_path))
    except (CertificateError, ConnectorError) as error:
        raise RefusedError({PATH: [str(error)]}) from error
    return _add(certificate, CertificateSource.FILE_PATH, initiator, name=name, notes=notes, file_path=file_path)


@transaction.atomic
def update_certificate(certificate: TrustedCertificate, values: Mapping[str, Any], initiator: Initiator) -> None:
    message = changed_fields(certificate, values)
    for name, value in values.items():
        setattr(certificate, name, value)
    certificate.save(update_fields=list(values))
    _record(certificate, OperationType.UPDATE, initiator, message)


@transaction.atomic
def delete_certificate(certificate: TrustedCertificate, initiator: Initiator) -> None:
    _record(certificate, OperationType.DELETE, initiator, "Certificate deleted.")
    certificate.delete()


def validate_certificate(certificate: TrustedCertificate) -> Findings:
    """As it is now; of a file, also whether it is still the one that was added."""
    try:
        found = read_certificate(_stored(certificate))
    except (CertificateError, ConnectorError) as error:
        return Findings(errors=[str(error)])
    result = findings(found, timezone.now())
    if thumbprint(found) != certificate.thumbprint:
        result.warnings.append(
            f"The file now holds another certificate ({found.subject.rfc4514_string()}) than when it was added. "
            "Delete this entry and add the file again."
        )
    return result


def _stored(certificate: TrustedCertificate) -> bytes:
    if certificate.data is not None:
        return bytes(certificate.data)
    assert certificate.file_path is not None
    return _content(certificate.file_path)


@transaction.atomic
def _add(
    certificate: x509.Certificate, source: CertificateSource, initiator: Initiator, **fields: Any
) -> TrustedCertificate:
    row = TrustedCertificate.objects.create(
        thumbprint=thumbprint(certificate),
        subject=certificate.subject.rfc4514_string(),
        issuer=certificate.issuer.rfc4514_string(),
        serial_number=f"{certificate.serial_number:X}",
        valid_from=certificate.not_valid_before_utc,
        valid_to=certificate.not_valid_after_utc,
        source_type=source,
        created_by=initiator.name,
        **fields,
    )
    _record(row, OperationType.CREATE, initiator, f"Certificate {row.thumbprint} added, source {source.value}.")
    return row


def _decoded(base64_text: str) -> bytes:
    """Line breaks, as in PEM, are fine. Raises: CertificateError."""
    if len(base64_text) > 2 * LARGEST:
        raise CertificateError("The certificate is larger than 1 MB. Give one certificate, without anything else.")
    try:
        return base64.b64decode("".join(base64_text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise CertificateError("This is no base64. Encode the PEM or DER file as a whole.") from error


def _content(file_path: str) -> bytes:
    """Of a file in the folder for connector files; a leading slash stands for that folder, too.

    Raises: ConnectorError, CertificateError when it is too large.
    """
    root = conf.connector_files()
    location = locate(_inside(file_path, root), root)
    with contract_errors(file_path), opened_folder(location) as folder:
        descriptor = open_regular(folder, location.name, location.shown)
        with os.fdopen(descriptor, "rb") as file:
            return file.read(LARGEST + 1)


def _inside(file_path: str, root: Path) -> str:
    path = PurePath(file_path)
    if not path.is_absolute() or path.is_relative_to(root):
        return file_path
    return str(path.relative_to(path.anchor))


def _record(certificate: TrustedCertificate, operation: OperationType, initiator: Initiator, message: str) -> None:
    record(
        TargetType.TRUSTED_CERTIFICATE, operation, target_name=certificate.name, initiator=initiator, message=message
    )
