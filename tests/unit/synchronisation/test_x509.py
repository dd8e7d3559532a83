from datetime import UTC, datetime

import pytest

from synchronisation.x509 import LARGEST, CertificateError, der, findings, read_certificate, thumbprint
from tests.certificates import OTHER_KEY, certificate, pem, private_key_pem


def test_pem_and_der_are_the_same_certificate() -> None:
    made = certificate()
    assert read_certificate(pem(made)) == read_certificate(der(made)) == made
    assert len(thumbprint(made)) == 40
    assert thumbprint(made) == thumbprint(made).upper()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "no X.509 certificate"),
        (b"-----BEGIN CERTIFICATE-----\nbm90\n-----END CERTIFICATE-----\n", "no X.509 certificate"),
        (private_key_pem(), "private key"),
        (pem(certificate()) + private_key_pem(), "private key"),
        (pem(certificate()) * 2, "2 PEM blocks"),
        (b"0" * (LARGEST + 1), "larger than 1 MB"),
    ],
    ids=["nothing", "nonsense", "key", "with its key", "chain", "too large"],
)
def test_what_is_no_single_certificate_is_refused(data: bytes, message: str) -> None:
    with pytest.raises(CertificateError, match=message):
        read_certificate(data)


@pytest.mark.parametrize(
    ("made", "errors", "warnings"),
    [
        (certificate(), [], []),
        (certificate(days=-1, begun_days_ago=3), ["expired"], []),
        (certificate(begun_days_ago=-2), ["not valid before"], []),
        (certificate(days=10), [], ["expires at"]),
        (certificate(signed_by=OTHER_KEY), ["signature does not fit"], []),
        (certificate(issuer="root.example.com"), [], ["no authority's certificate"]),
    ],
    ids=["fine", "expired", "not yet", "soon", "false signature", "server's own"],
)
def test_findings_say_what_speaks_against_it(made: object, errors: list[str], warnings: list[str]) -> None:
    found = findings(made, datetime.now(UTC))  # type: ignore[arg-type]
    assert found.is_valid is not bool(errors)
    for expected, sentences in ((errors, found.errors), (warnings, found.warnings)):
        assert len(sentences) == len(expected)
        assert all(part in sentence for part, sentence in zip(expected, sentences, strict=True))
