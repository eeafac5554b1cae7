"""The emulated AWS: moto's server on loopback."""

import logging
import os
from collections.abc import Generator
from contextlib import contextmanager

EMULATOR_PORT = 5566
"""Where the local stack looks for its AWS."""


@contextmanager
def emulated_aws(port: int = 0) -> Generator[str]:
    """Run the emulator while a block runs.

    Args:
        port: the loopback port; 0 for any that is free.

    Yields:
        Its address.
    """
    # A thousand managed policies that nothing here attaches.
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "false")
    # moto takes a second to load, which a plan must not pay.
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    from tripod.rehearsal.repairs import mend_emulator  # noqa: PLC0415

    mend_emulator()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        host, bound = server.get_host_and_port()
        yield f"http://{host}:{bound}"
    finally:
        server.stop()
