"""A network of the tests' own, which the test process moves into.

There is no launcher: the tier's fixture enters, so that `pytest tests/controlplane` is all there is to know. The test
process (its main thread, and threads made from then on) gets a network namespace with a bridge in it, the VPC; every
`Instance` is one more namespace, joined to the bridge. Addresses are thus those of the plan, an API server may listen
on all of its instance's without meeting another, and nothing reaches the machine's own network. kubeadm and API servers
refuse loopback addresses, which is why they are no way out.
"""

import ctypes
import os
import platform
import subprocess
from collections.abc import Generator
from contextlib import contextmanager
from ipaddress import IPv4Network

CLONE_NEWNET = 0x40000000
BRIDGE = "vpc"

NEEDED = ("ip", "unshare", "nsenter", "setpriv", "mount", "hostname", "curl")
"""Commands of the machine that the harness calls: iproute2, util-linux, hostname and curl."""


class NotPermittedError(Exception):
    """This machine does not let us have a network namespace."""


@contextmanager
def private_network(network: IPv4Network) -> Generator[None]:
    """Be in a network of one's own.

    Args:
        network: the VPC's range; its first address is the test's, as AWS gives it to the router.

    Raises:
        NotPermittedError: with the reason, to skip by.
    """
    if platform.system() != "Linux":
        raise NotPermittedError("network namespaces are Linux's")
    own = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _call("unshare", CLONE_NEWNET)
        try:
            _make_bridge(network)
            yield
        finally:
            _call("setns", own, CLONE_NEWNET)
    finally:
        os.close(own)


def ip(arguments: str) -> None:
    """Run iproute2's `ip`."""
    subprocess.run(["ip", *arguments.split()], check=True, capture_output=True, text=True)


def _call(function: str, *arguments: int) -> None:
    # os.unshare and os.setns came with Python 3.12.
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(*arguments):
        reason = os.strerror(ctypes.get_errno())
        raise NotPermittedError(f"{function}(2) for a network namespace: {reason}; it takes root")


def _make_bridge(network: IPv4Network) -> None:
    router = f"{next(network.hosts())}/{network.prefixlen}"
    try:
        for arguments in (
            f"link add {BRIDGE} type bridge",
            f"address add {router} dev {BRIDGE}",
            f"link set {BRIDGE} up",
            "link set lo up",
            "link add probe type veth peer name probed",
            "link delete probe",
        ):
            ip(arguments)
    except subprocess.CalledProcessError as error:
        raise NotPermittedError(
            f"no bridge and virtual cables in a network namespace: {error.stderr.strip()}"
        ) from error
