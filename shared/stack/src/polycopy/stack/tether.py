"""Runs a program that ends when its parent does, however the parent ends.

The kernel sends the program a signal when the process that started it dies, kill -9 included. The
wish survives exec but not a change of user, so both are done here, in this order, just before the
exec; a parent that died before the wish was made is noticed by its changed id. It is run as a
file by a bare interpreter and so imports nothing of ours. Only Linux has this signal: elsewhere the
program outlives a parent that is killed, and the lock that it holds tells the next one to wait.

    tether.py PARENT_PID SIGNAL UID GID PROGRAM ARGUMENT…       UID −1: as we are
"""

import ctypes
import os
import sys

_PR_SET_PDEATHSIG = 1


def main(parent: int, death_signal: int, uid: int, gid: int, program: list[str]) -> None:
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    os.umask(0o077)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.prctl(_PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
            sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:
        sys.exit("the process that started this one is gone")
    os.execv(program[0], program)  # noqa: S606 - no shell is the point


if __name__ == "__main__":
    who, how, uid, gid = (int(text) for text in sys.argv[1:5])
    main(who, how, uid, gid, sys.argv[5:])
