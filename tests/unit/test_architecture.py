"""The floors of the building: who may import whom, as pyproject.toml says."""

import subprocess
import sys

from jim.folders import BASE_DIR


def test_every_import_contract_is_kept():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports; raise SystemExit(lint_imports())"]
    outcome = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout
    assert " 0 broken" in outcome.stdout


def test_jim_command_starts_without_django():
    command = [sys.executable, "-c", "import jim.cli, sys; print('django' in sys.modules)"]
    outcome = subprocess.run(command, cwd=BASE_DIR, capture_output=True, text=True, check=True)
    assert outcome.stdout == "False\n"
