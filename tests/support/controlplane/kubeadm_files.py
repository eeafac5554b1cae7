"""A control-plane node's files, as the boot agent and the real kubeadm write them; no server is started."""

import json
import subprocess
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from cryptography import x509

from support.agent.instance import PAYLOAD_BUCKET, REGION, SESSION, aws, emulated, put_topology
from support.agent.kubernetes_nodes import control_plane, make_secrets, node_instance
from tripod.bootstrap.agent.control_plane.renewal import KUBEADM_CERTIFICATES, KUBECONFIGS
from tripod.bootstrap.agent.control_plane.role import write_kubeadm_file
from tripod.bootstrap.agent.control_plane.shared_pki import write_shared_pki
from tripod.bootstrap.agent.node.paths import KUBEADM


@contextmanager
def emulated_account() -> Generator[None]:
    """An emulated account with the cluster's secrets and topology."""
    with emulated(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(boto3, "DEFAULT_SESSION", SESSION)
        aws("s3").create_bucket(Bucket=PAYLOAD_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        put_topology()
        for name, value in make_secrets().values.items():
            aws("secretsmanager").create_secret(Name=name, SecretString=json.dumps(value))
        yield


class KubeadmFiles:
    """A folder with the files of a control-plane node, and kubeadm, for which the folder is the whole file system.

    Attributes:
        folder: the node's root.
        standing: the node, whose commands are faked.
        agent: its boot agent.
    """

    def __init__(self, folder: Path, programs: Path, **document: Any) -> None:
        self.folder, self._programs = folder, programs
        self.standing = node_instance(folder, control_plane(**document))
        self.agent = self.standing.agent
        write_shared_pki(self.agent)
        write_kubeadm_file(self.agent)

    def kubeadm(self, *arguments: str) -> str:
        """Run a command of kubeadm with the agent's configuration."""
        command = [str(self._programs / "kubeadm"), *arguments, f"--rootfs={self.folder}", f"--config={KUBEADM}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def read(self, path: str) -> str:
        """The text of one of the node's files."""
        return (self.folder / path.lstrip("/")).read_text()

    def certificates(self) -> Mapping[str, x509.Certificate]:
        """Every leaf that kubeadm makes: path → certificate."""
        texts = {path: self.read(path).encode() for path in KUBEADM_CERTIFICATES}
        for path in KUBECONFIGS:
            (user,) = yaml.safe_load(self.read(path))["users"]
            texts[path] = yaml.safe_load(f"!!binary {user['user']['client-certificate-data']}")
        return {path: x509.load_pem_x509_certificate(text) for path, text in texts.items()}
