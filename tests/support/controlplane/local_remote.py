"""Operations on instances as `tripod` does them: the agent's commands, by the product's own archive and script.

On AWS the script goes through SSM. Here it is a process on the instance, with the emulated AWS and an instance metadata
service where the instance reaches them.
"""

import io
import json
import sys
import tarfile
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, replace

from support.agent.instance import BOOT, ZONE
from support.boot.account import emulated_aws_at
from support.boot.servers import MetadataService
from support.controlplane.kubernetes_agent import BootedNode
from support.controlplane.network import VPC
from tripod.bootstrap.agent.core.paths import HOME
from tripod.bootstrap.archive import agent_archive
from tripod.bootstrap.documents import document_text
from tripod.operations.remote import LocalNode, LocalRemote

ROUTER = str(next(VPC.hosts()))
_FIRST_PORT = 8081


@contextmanager
def local_remote(nodes: Sequence[BootedNode]) -> Generator[LocalRemote]:
    """Reach instances while a block runs.

    Args:
        nodes: the instances, which have booted.
    """
    with ExitStack() as stack:
        endpoint = stack.enter_context(emulated_aws_at(ROUTER))
        reached: dict[str, LocalNode] = {}
        for port, node in enumerate(nodes, _FIRST_PORT):
            _serve_metadata(stack, node, port)
            _install(node, endpoint, port)
            entered = " ".join(node.host.instance.inside(("env", f"PYTHONPATH={HOME}", sys.executable)))
            reached[node.id] = LocalNode(f"{entered} -m agent")
        yield LocalRemote(reached)


def _serve_metadata(stack: ExitStack, node: BootedNode, port: int) -> None:
    service = MetadataService()
    address = str(node.host.instance.address)
    service.describe(instance=node.id, address=address, mac="02:00:00:00:00:01", zone=ZONE, role="node", user_data="")
    stack.enter_context(service.served(ROUTER, port))


def _install(node: BootedNode, endpoint: str, port: int) -> None:
    """Do what the stub of the user data does: unpack the archive, and write the instance's documents."""
    with tarfile.open(fileobj=io.BytesIO(agent_archive().content)) as archive:
        archive.extractall(node.host.path(HOME), filter="data")
    boot = replace(BOOT, role=node.document.role, name="", endpoint=endpoint, metadata=f"http://{ROUTER}:{port}")
    node.host.write(f"{HOME}/boot.json", json.dumps(asdict(boot)))
    node.host.write(f"{HOME}/document.json", document_text(node.document))
