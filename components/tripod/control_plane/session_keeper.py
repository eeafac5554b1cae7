"""Run a command until it ends or this program's standard input does; then end its whole process group.

A parent that is killed closes the pipe: no session outlives it. `aws ssm start-session` starts the Session Manager
plugin, which the death of `aws` alone would leave behind. Standard library only: it is run as a file.
"""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress

GRACE_SECONDS = 2


def main() -> None:
    """Run the command of this program's arguments."""
    # The terminal's Ctrl-C reaches the parent, which closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=True)  # noqa: S603
    threading.Thread(target=_end_with_input, args=(process,), daemon=True).start()
    code = process.wait()
    _end_group(process.pid, signal.SIGKILL)
    # Not sys.exit: the other thread may wait for input for ever.
    os._exit(code & 0xFF)


def _end_with_input(process: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    _end_group(process.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        process.wait(GRACE_SECONDS)
    _end_group(process.pid, signal.SIGKILL)


def _end_group(group: int, how: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, how)


if __name__ == "__main__":
    main()
