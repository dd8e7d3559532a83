"""Where JIM keeps things, as known before Django is set up.

Always: absolute paths; nothing is created here.
"""

from pathlib import Path

from jim import env

BASE_DIR = Path(__file__).resolve().parent.parent


def data_folder() -> Path:
    """Everything a running instance keeps: embedded databases, generated secrets, logs, the instance file."""
    return env.path("JIM_DATA_DIR", BASE_DIR / ".jim")


def connector_files(data_folder: Path) -> Path:
    """The only folder that file connectors may touch."""
    return env.path("JIM_CONNECTOR_FILES", data_folder / "files")
