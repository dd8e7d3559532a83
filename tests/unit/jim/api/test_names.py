import pytest

from jim.api.names import camel_case


@pytest.mark.parametrize(
    ("name", "served"),
    [("id", "id"), ("role_ids", "roleIds"), ("last_used_from_ip", "lastUsedFromIp"), ("alreadyCamel", "alreadyCamel")],
)
def test_camel_case_joins_words_with_capitals(name: str, served: str) -> None:
    assert camel_case(name) == served
