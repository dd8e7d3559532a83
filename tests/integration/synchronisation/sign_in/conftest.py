from uuid import uuid4

import pytest

from synchronisation.sign_in import people


@pytest.fixture(autouse=True)
def nobody_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests share one cache: each remembers people under keys of its own."""
    monkeypatch.setattr(people, "KEY_PREFIX", f"person-{uuid4()}")
