"""Every served operation is called once and answers as the contract has it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.testing import InMemoryConnector
from tests.acceptance.installation import use_memory_connector
from tests.api import create_key
from tests.contract.scope import OUT_OF_SCOPE, SERVED
from tests.contract.validation import ContractClient, operation_of, operations
from tests.contract.walk import walk
from tests.integration.synchronisation.broker import empty_queue


class NotingClient(ContractClient):
    """Keeps the ids of the operations that succeeded."""

    def __init__(self) -> None:
        super().__init__()
        self.succeeded: set[str] = set()

    def request(self, **kwargs: Any) -> Any:
        response = super().request(**kwargs)
        operation = operation_of(kwargs["REQUEST_METHOD"], kwargs["PATH_INFO"])
        if operation is not None and response.status_code < 300:
            self.succeeded.add(operation.id)
        return response


@pytest.fixture
def client(db: None) -> Iterator[NotingClient]:
    client = NotingClient()
    client.credentials(HTTP_X_API_KEY=create_key("Administrator"))
    empty_queue()
    yield client
    empty_queue()
    InMemoryConnector.stores.clear()


def test_every_served_operation_answers_as_the_contract_has_it(
    client: NotingClient,
    hr: Any,
    directory: Any,
    files: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use_memory_connector(monkeypatch)
    walk(client, hr, directory, files)
    wanted = {operation.id for operation in SERVED}
    covered = wanted & client.succeeded
    with capsys.disabled():
        print(
            f"\ncontract: {len(covered)} of {len(operations()) - len(OUT_OF_SCOPE)} operations in scope answer as it"
            f" has them; {len(OUT_OF_SCOPE)} are out of scope"
        )
    assert client.succeeded <= wanted
    assert sorted(wanted - covered) == []
