"""An empty folder for connector files."""

from pathlib import Path

import pytest

from tests.unit.connectors.file.files import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    root = tmp_path / "files"
    root.mkdir()
    return Files(root)
