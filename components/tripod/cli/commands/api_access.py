"""The way to a cluster's API while a command runs."""

from collections.abc import Generator
from contextlib import contextmanager

from tripod.cli.target import ClusterTarget
from tripod.control_plane.session_tunnel import SessionTunnel
from tripod.control_plane.spec import AccessSpec
from tripod.operations.errors import OperationError
from tripod.operations.tunnel import healthy_node, tunnel_port


@contextmanager
def open_api(target: ClusterTarget, *, required: bool = True) -> Generator[None]:
    """Open the tunnel that the kubeconfig leads through, where the cluster's access needs one.

    Args:
        target: the cluster.
        required: if false, an API that cannot be reached is no error.

    Raises:
        OperationError: no API server is ready, or no session can be started.
    """
    access = target.section("access")
    if target.config.endpoint is not None or (access.get("mode") or AccessSpec().mode) != "ssm-tunnel":
        yield
        return
    tunnel = SessionTunnel(tunnel_port(access), target.config.region, target.config.get("aws:profile"))
    try:
        reason = _open(tunnel, target)
        if reason and required:
            raise OperationError(reason)
        yield
    finally:
        tunnel.close()


def _open(tunnel: SessionTunnel, target: ClusterTarget) -> str:
    """Open a tunnel, and return why it is not open; empty if it is."""
    try:
        return tunnel.open([healthy_node(target.inventory())])
    except OperationError as error:
        return str(error)
