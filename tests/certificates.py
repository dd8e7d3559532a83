"""Certificates made for a test."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def certificate(
    name: str = "ca.example.com",
    *,
    issuer: str | None = None,
    days: int = 365,
    begun_days_ago: int = 1,
    signed_by: ec.EllipticCurvePrivateKey = KEY,
) -> x509.Certificate:
    """Self-signed unless it has another issuer; days: from now until it expires."""
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        subject_name=_name(name),
        issuer_name=_name(issuer or name),
        public_key=KEY.public_key(),
        serial_number=0x0ABC,
        not_valid_before=now - timedelta(days=begun_days_ago),
        not_valid_after=now + timedelta(days=days, hours=1),
    )
    return builder.sign(signed_by, SHA256())


def pem(made: x509.Certificate) -> bytes:
    return made.public_bytes(Encoding.PEM)


def private_key_pem() -> bytes:
    return KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])
