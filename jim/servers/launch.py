"""Runs inside a new child process, before the command it is for.

In: the signal to get when the parent dies, the parent's process id, user and group to become (`-` to stay), the
command. Out: the process becomes the command. Always: a child never outlives the process that started it.
Run by path with `python -I -S`, so it imports nothing of ours.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(death_signal: int) -> None:
    """Ask the kernel to send us `death_signal` when the thread that started us ends."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")


def become(user_id: str, group_id: str) -> None:
    """Drop root for good. Comes before die_with_parent: changing the user clears the parent-death signal."""
    if user_id == "-":
        return
    os.setgroups([])
    os.setgid(int(group_id))
    os.setuid(int(user_id))


def main() -> None:
    death_signal, parent, user_id, group_id, *command = sys.argv[1:]
    become(user_id, group_id)
    die_with_parent(int(death_signal))
    if os.getppid() != int(parent):  # it died between fork and prctl
        sys.exit(f"{command[0]}: the starting process is gone")
    # `jim serve` waits for signals with a mask, which children must not inherit.
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
