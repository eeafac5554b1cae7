"""Locks between processes of one instance: a boot, a timer's command, an operator's."""

import fcntl
from typing import TextIO

from .host import Host


def acquire(host: Host, path: str, busy: Exception) -> TextIO:
    """Take a lock. It is released when the file is closed or the process ends.

    Args:
        host: the instance.
        path: the lock's file, below /run.
        busy: the error if another process has it.
    """
    file = host.path(path)
    file.parent.mkdir(parents=True, exist_ok=True)
    handle = file.open("w")
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        handle.close()
        raise busy from None
    return handle
