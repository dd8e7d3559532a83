"""X.509 certificates: reading them, and what is wrong with one.

In: bytes, PEM or DER. Out: a certificate, or findings as sentences. Always: no database; the moment is given.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from cryptography.hazmat.primitives.hashes import MD5, SHA1
from cryptography.hazmat.primitives.serialization import Encoding

LARGEST = 1024 * 1024
"""Bytes (openapi-v1.yaml, CertificateUpload)."""

EXPIRES_SOON = timedelta(days=30)
SMALLEST_KEY = 2048
"""Bits of an RSA or DSA key (NIST SP 800-131A)."""

PEM_LABEL = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----")


class CertificateError(ValueError):
    """What was given is no certificate that can be kept; the message says what to give instead."""


@dataclass(frozen=True, slots=True)
class Findings:
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def is_valid(self) -> bool:
        return not self.errors


def read_certificate(data: bytes) -> x509.Certificate:
    """The one certificate in PEM or DER. Raises: CertificateError."""
    if len(data) > LARGEST:
        raise CertificateError("The certificate is larger than 1 MB. Give one certificate, without anything else.")
    labels = PEM_LABEL.findall(data)
    if any(b"PRIVATE KEY" in label for label in labels):
        raise CertificateError("This holds a private key, which nobody else should have. Give the certificate alone.")
    if len(labels) > 1:
        raise CertificateError(f"This holds {len(labels)} PEM blocks. Give each certificate by itself.")
    try:
        certificate = x509.load_pem_x509_certificate(data) if labels else x509.load_der_x509_certificate(data)
        names = certificate.subject.rfc4514_string() + certificate.issuer.rfc4514_string()  # parsed only now
    except ValueError as error:
        raise CertificateError("This is no X.509 certificate in PEM or DER form.") from error
    if "\x00" in names:
        raise CertificateError("The names in this certificate hold a NUL character, which none may.")
    return certificate


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def thumbprint(certificate: x509.Certificate) -> str:
    """SHA-1 in upper-case hexadecimal: a name for the certificate, no protection."""
    return certificate.fingerprint(SHA1()).hex().upper()


def findings(certificate: x509.Certificate, moment: datetime) -> Findings:
    """What speaks against trusting it (errors), and what an administrator should know (warnings)."""
    found = Findings()
    _judge_dates(certificate, moment, found)
    _judge_signature(certificate, found)
    _judge_use(certificate, found)
    return found


def _judge_dates(certificate: x509.Certificate, moment: datetime, found: Findings) -> None:
    start, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if moment < start:
        found.errors.append(f"It is not valid before {start:%Y-%m-%d %H:%M} UTC.")
    if moment > end:
        found.errors.append(f"It expired at {end:%Y-%m-%d %H:%M} UTC. Add its successor.")
    elif moment > end - EXPIRES_SOON:
        found.warnings.append(f"It expires at {end:%Y-%m-%d %H:%M} UTC. Add its successor before that.")


def _judge_signature(certificate: x509.Certificate, found: Findings) -> None:
    if certificate.subject == certificate.issuer:
        try:
            certificate.verify_directly_issued_by(certificate)
        except (InvalidSignature, TypeError, ValueError):
            found.errors.append("It says that it signed itself, but the signature does not fit its key.")
    if isinstance(certificate.signature_hash_algorithm, MD5 | SHA1):
        name = certificate.signature_hash_algorithm.name.upper()
        found.warnings.append(f"It is signed with {name}, which many servers and libraries refuse.")


def _judge_use(certificate: x509.Certificate, found: Findings) -> None:
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey) and key.key_size < SMALLEST_KEY:
        found.warnings.append(f"Its key has {key.key_size} bits; {SMALLEST_KEY} are the least to trust.")
    if certificate.subject == certificate.issuer:
        return
    try:
        is_authority = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        is_authority = False
    if not is_authority:
        found.warnings.append("It is no authority's certificate: only the server that has it itself is trusted by it.")
