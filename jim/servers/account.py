"""Under which user PostgreSQL runs. It refuses to run as root, which is what a container often is.

Out: an Account, which child.py turns into a command prefix or a change of user.
Order: ourselves when not root; a user namespace in which root has another name; a service account; else an error.
"""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from jim import env
from jim.servers.errors import AccountError

# What the kernel shows for users that a namespace does not know; mapping ourselves to it would confuse the two.
OVERFLOW_USER_ID = 65534


@dataclass(frozen=True, slots=True)
class Account:
    """prefix: words before the command; user_id, group_id: whom to become, None to stay."""

    prefix: tuple[str, ...] = ()
    user_id: int | None = None
    group_id: int | None = None

    @property
    def ids(self) -> tuple[str, str]:
        """As launch.py reads them."""
        return ("-", "-") if self.user_id is None else (str(self.user_id), str(self.group_id))

    def give(self, path: Path) -> None:
        """Make the account the owner of something that we just created."""
        if self.user_id is not None and self.group_id is not None:
            os.chown(path, self.user_id, self.group_id)


OURSELVES = Account()


def postgres_account(folder: Path) -> Account:
    """The account for a server whose data lies below `folder`, which exists."""
    if os.geteuid() != 0:
        return OURSELVES
    return _user_namespace() or _service_account(folder)


def _user_namespace() -> Account | None:
    """Root under another name, files keeping their owner; None where the machine forbids it."""
    unshare = shutil.which("unshare")
    # initdb looks its user up, so the name must exist.
    user_ids = [entry.pw_uid for entry in pwd.getpwall() if entry.pw_uid not in (0, OVERFLOW_USER_ID)]
    if unshare is None or not user_ids:
        return None
    prefix = (unshare, "--user", f"--map-user={user_ids[0]}", "--")
    trial = subprocess.run([*prefix, "true"], capture_output=True, check=False)
    return Account(prefix) if trial.returncode == 0 else None


def _service_account(folder: Path) -> Account:
    name = env.text("JIM_SERVICE_ACCOUNT", "postgres")
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise AccountError(
            "PostgreSQL does not run as root, and this machine allows no user namespace: "
            "start JIM as an ordinary user, or name one in JIM_SERVICE_ACCOUNT"
        ) from None
    if not _can_write(folder, entry):
        raise AccountError(
            f"the account {name} cannot write to {folder}: change that, or start JIM as an ordinary user"
        )
    return Account((), entry.pw_uid, entry.pw_gid)


def _can_write(folder: Path, entry: pwd.struct_passwd) -> bool:
    trial = subprocess.run(
        ["test", "-w", str(folder), "-a", "-x", str(folder)],
        user=entry.pw_uid,
        group=entry.pw_gid,
        extra_groups=[],
        check=False,
    )
    return trial.returncode == 0
