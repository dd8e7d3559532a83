"""Makes failed assertions of the conformance suite as readable as those of our own tests."""

import pytest

pytest.register_assert_rewrite("connectors.testing.conformance")
