import io
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.utils.translation import gettext_lazy
from rest_framework.exceptions import ParseError

from jim.api.encoding import JsonParser, encode


def test_encode_writes_utc_uuid_and_lazy_text() -> None:
    data = {
        "at": datetime(2026, 1, 31, tzinfo=UTC),
        "id": UUID(int=1),
        "text": gettext_lazy("é"),
    }
    assert encode(data).decode() == (
        '{"at":"2026-01-31T00:00:00Z","id":"00000000-0000-0000-0000-000000000001","text":"é"}'
    )


@pytest.mark.parametrize(
    "body", [b"", b"{", b"{'a': 1}", b"NaN", b'"\\ud800"', b"\xff", b"[" * 5000], ids=lambda body: repr(body[:8])
)
def test_parser_refuses_what_is_not_json(body: bytes) -> None:
    with pytest.raises(ParseError, match="not JSON"):
        JsonParser().parse(io.BytesIO(body))


def test_parser_refuses_a_body_over_the_limit(settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 10
    assert JsonParser().parse(io.BytesIO(b'"12345678"')) == "12345678"
    with pytest.raises(ParseError, match="longer than 10 bytes"):
        JsonParser().parse(io.BytesIO(b'"123456789"'))
