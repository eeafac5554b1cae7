"""The emulated AWS of these tests, a process of its own: `python emulator.py PORT`."""

import sys
import threading

from tripod.rehearsal.moto_server import emulated_aws


def main() -> None:
    with emulated_aws(int(sys.argv[1])) as address:
        sys.stdout.write(f"An emulated AWS listens on {address}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
