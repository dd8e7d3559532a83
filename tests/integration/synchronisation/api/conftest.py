from pathlib import Path
from typing import Any

import pytest
from rest_framework.test import APIClient

from tests.api import create_key
from tests.contract.validation import ContractClient
from tests.integration.synchronisation.api.configuration import SYSTEMS, call, discovered_system

HR = """\
employeeId,firstName,lastName,email,manager,startDate,active,salary,skills
00123,Zoë,O'Brien,zoe@example.com,,2020-01-31,true,42000,piano|chess
00124,"Li, Wei",Å,li@example.com,00123,2021-02-28,false,39000,go
"""


@pytest.fixture
def administrator(db: None) -> APIClient:
    """A client with the key of an Administrator; every answer it gets is held against the contract."""
    client = ContractClient()
    client.credentials(HTTP_X_API_KEY=create_key("Administrator"))
    return client


@pytest.fixture
def files(tmp_path: Path, settings: Any) -> Path:
    """The folder for connector files, with a small HR file and a directory file that has only its header."""
    settings.JIM_CONNECTOR_FILES = tmp_path
    (tmp_path / "hr.csv").write_text(HR, encoding="utf-8")
    (tmp_path / "directory.csv").write_text("uid,givenName,sn,mail,manager,hired\n", encoding="utf-8")
    return tmp_path


@pytest.fixture
def hr(administrator: APIClient, files: Path) -> Any:
    """A connected system on the HR file, its schema imported and selected."""
    return call(administrator, "get", f"{SYSTEMS}/{discovered_system().pk}")


@pytest.fixture
def directory(administrator: APIClient, files: Path) -> Any:
    system = discovered_system("Directory", "directory.csv", "Bidirectional")
    return call(administrator, "get", f"{SYSTEMS}/{system.pk}")
