from collections.abc import Iterator

import pytest

from jim.client import Client
from tests.unit.jim.client.fake_server import FakeServer, fake_server


@pytest.fixture
def server() -> Iterator[FakeServer]:
    with fake_server() as running:
        yield running


@pytest.fixture
def client(server: FakeServer) -> Iterator[Client]:
    with Client(server.url, "jim_ak_test") as connected:
        yield connected
