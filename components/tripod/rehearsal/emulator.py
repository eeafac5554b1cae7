"""The emulated AWS: moto's server on loopback."""

import logging
import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

EMULATOR_PORT = 5566
"""Where the local stack looks for its AWS."""


def _let_loopback_stand_for_tls() -> None:
    """Have buckets that deny what does not come over TLS accept loopback.

    moto 5.2 takes every condition that it cannot verify for a denial, so that such a bucket could not be used at all.
    """
    from moto.iam.access_control import IAMPolicyStatement, PermissionResult  # noqa: PLC0415

    statement_type: Any = IAMPolicyStatement
    judge = statement_type.is_action_permitted
    if getattr(judge, "knows_loopback", False):
        return

    def permitted(statement: Any, *arguments: Any, **named: Any) -> Any:
        condition = statement._statement.get("Condition", {})
        if statement._statement["Effect"] == "Deny" and "aws:SecureTransport" in condition.get("Bool", {}):
            return PermissionResult.NEUTRAL
        return judge(statement, *arguments, **named)

    permitted.knows_loopback = True  # type: ignore[attr-defined]
    statement_type.is_action_permitted = permitted


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
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - it takes a second, which a plan must not pay

    _let_loopback_stand_for_tls()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    try:
        host, bound = server.get_host_and_port()
        yield f"http://{host}:{bound}"
    finally:
        server.stop()
