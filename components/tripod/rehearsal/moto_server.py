"""The emulated AWS: moto's server on loopback."""

import logging
import os
import socket
from collections.abc import Generator
from contextlib import contextmanager

from tripod.rehearsal.engine import EngineError


@contextmanager
def emulated_aws(port: int = 0) -> Generator[str]:
    """Run the emulator while a block runs.

    Args:
        port: the loopback port; 0 for any that is free.

    Yields:
        Its address.

    Raises:
        EngineError: it cannot listen there.
    """
    _try_port(port)
    # A thousand managed policies that nothing here attaches.
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "false")
    # moto takes a second to load, which a plan must not pay.
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    from tripod.rehearsal.moto_patches import patch_moto  # noqa: PLC0415
    from tripod.rehearsal.moto_speed import shorten_moto  # noqa: PLC0415

    patch_moto()
    shorten_moto()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        host, bound = server.get_host_and_port()
        yield f"http://{host}:{bound}"
    finally:
        server.stop()


def _try_port(port: int) -> None:
    """Fail where moto, which starts in a thread of its own, would wait for ever."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise EngineError(f"the emulated AWS cannot listen on 127.0.0.1:{port}: {error.strerror}") from error
