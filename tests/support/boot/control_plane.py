"""A control-plane node that is a virtual machine, beside three members of etcd that are processes on this machine."""

import json
import re
import socket
import ssl
import subprocess
from collections.abc import Generator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

from support.boot import node
from support.boot.environment import Environment, environment
from support.boot.images import NODE_IMAGES, write_archive
from support.boot.machine import Machine
from support.boot.releases import NODE_RELEASES, Releases
from support.boot.servers import mirror
from support.controlplane.authority import Usage
from support.controlplane.caller import Caller
from support.controlplane.etcd.client import Credentials
from support.controlplane.etcd.members import EtcdCluster
from support.controlplane.network import MEMBERS, VPC, node_address

ROLE = "control-plane"
MEMORY_MIB = 3072
API_PORT, KUBELET_PORT = 6443, 10250
ADDRESS = node_address(0)
_PHASE = re.compile(r"python3\[\d+\]: tripod: ([a-z-]+: .* \(\d+\.\d s\))")
"""The line of the agent's unit when a phase is done."""


@dataclass(frozen=True)
class BootedControlPlane:
    """A booted control-plane node, with its services and etcd.

    Attributes:
        environment: AWS, the metadata service.
        etcd: the members.
        machine: the instance.
        instance: its id.
        credentials: an administrator's.
        programs: the folder of the binaries.
    """

    environment: Environment
    etcd: EtcdCluster
    machine: Machine
    instance: str
    credentials: Credentials
    programs: Path

    def phases(self) -> list[str]:
        """The agent's lines at the end of each phase, without those in between."""
        return _PHASE.findall(self.machine.said())

    def listens(self, port: int) -> bool:
        """True if something accepts connections."""
        with suppress(OSError), socket.create_connection((str(ADDRESS), port), 5):
            return True
        return False

    def ready(self) -> bool:
        """True if its API server is ready by an anonymous request, as a load balancer makes it."""
        context = ssl.create_default_context(cafile=str(self.credentials.authority))
        return Caller(str(ADDRESS), context).ask("GET", "/readyz", seconds=10).body == "ok"

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """Ask its API server as an administrator.

        Raises:
            OSError: it refuses, or does not answer.
        """
        shown = self.credentials
        files = (
            f"--certificate-authority={shown.authority}",
            f"--client-certificate={shown.certificate}",
            f"--client-key={shown.key}",
        )
        command = (str(self.programs / "kubectl"), f"--server=https://{ADDRESS}:{API_PORT}", *files, *arguments)
        done = subprocess.run(command, input=given, check=False, capture_output=True, text=True, timeout=120)
        if done.returncode:
            raise OSError(done.stderr)
        return done.stdout

    def kubelet_says(self, path: str) -> str:
        """The kubelet's answer to its API server."""
        return self.kubectl("get", "--raw", f"/api/v1/nodes/{self.instance}/proxy/{path}")

    def get(self, *arguments: str) -> dict[str, Any]:
        """Get something from the API."""
        return json.loads(self.kubectl("get", *arguments, "--output=json"))


@contextmanager
def booted_control_plane(router: str, built: tuple[Path, Path], folder: Path) -> Generator[BootedControlPlane]:
    """Have an account, its services, etcd, and an instance that is switched on.

    Args:
        router: the test's own address in the VPC.
        built: the folders of the machine's image and of the binaries.
        folder: where files go.
    """
    image, programs = built
    with ExitStack() as stack:
        services = stack.enter_context(environment(router, ADDRESS, programs, folder))
        network, account = services.network, services.account
        etcd = network.etcd()
        etcd.start()
        releases = Releases(NODE_RELEASES, programs)
        where, _ = stack.enter_context(mirror(router, releases.files))
        key = node.put_control_plane_secrets(account, services.cluster, network.client_authority)
        document = _with_the_systems_runtime(node.documents(releases.supply(where), services.certificates, key)[ROLE])
        payload = node.put_payload(account, ROLE, document, MEMBERS)
        instance = account.instance_at(node.ZONE, VPC, ADDRESS, node.node_tags(ROLE))
        services.serve_metadata(
            instance, "demo-control-plane", node.rendered(ROLE, "", payload, document, account.endpoint)
        )
        administrator = services.cluster.issue("administrator", [Usage.CLIENT], groups=["system:masters"])
        credentials = Credentials.written(folder, "administrator", services.cluster.certificate, administrator)
        images = folder / "images.tar"
        write_archive(images, NODE_IMAGES, programs)
        machine = Machine("control-plane-0", instance, IPv4Address(ADDRESS), image, folder)
        stack.callback(machine.terminate)
        machine.start(memory_mib=MEMORY_MIB, images=images)
        yield BootedControlPlane(services, etcd, machine, instance, credentials, programs)


def _with_the_systems_runtime(document: str) -> str:
    """A document that names no container runtime: the agent then takes that of the distribution."""
    content = json.loads(document)
    for name in ("containerd", "runc"):
        del content["supply"]["binaries"][name]
    return json.dumps(content)
