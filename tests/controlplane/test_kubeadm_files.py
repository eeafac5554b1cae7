"""What kubeadm makes of the files that the boot agent writes for it: keys, and grace periods. No server is started."""

import json
import os
import subprocess
from collections.abc import Generator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from support.agent.instance import PAYLOAD_BUCKET, REGION, SESSION, aws, emulated, put_topology
from support.agent.kubernetes_nodes import control_plane, make_secrets, node_instance
from tripod.bootstrap.agent.control_plane.renewal import KUBEADM_CERTIFICATES, KUBECONFIGS
from tripod.bootstrap.agent.control_plane.role import write_kubeadm_file
from tripod.bootstrap.agent.control_plane.shared_pki import write_shared_pki
from tripod.bootstrap.agent.node.kubeadm_config import API_SERVER_GRACE_SECONDS
from tripod.bootstrap.agent.node.paths import CLUSTER_CA, KUBEADM, MANIFESTS
from tripod.control_plane.spec import ControlPlaneSpec

KEYS = {"RSA-2048": RSAPublicKey, "ECDSA-P256": EllipticCurvePublicKey}


@pytest.fixture
def account(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """An emulated account with the cluster's secrets and topology."""
    with emulated():
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", SESSION)
        aws("s3").create_bucket(Bucket=PAYLOAD_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        put_topology()
        for name, value in make_secrets().values.items():
            aws("secretsmanager").create_secret(Name=name, SecretString=json.dumps(value))
        yield


class Node:
    """A folder with the files of a control-plane node, and kubeadm, for which the folder is the whole file system."""

    def __init__(self, folder: Path, programs: Path, **document: Any) -> None:
        self.folder, self.programs = folder, programs
        agent = node_instance(folder, control_plane(**document)).agent
        write_shared_pki(agent)
        write_kubeadm_file(agent)

    def kubeadm(self, *arguments: str) -> None:
        command = [str(self.programs / "kubeadm"), *arguments, f"--rootfs={self.folder}", f"--config={KUBEADM}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    def read(self, path: str) -> str:
        return (self.folder / path.lstrip("/")).read_text()

    def certificates(self) -> Mapping[str, x509.Certificate]:
        """Every leaf that kubeadm makes: path → certificate."""
        texts = {path: self.read(path).encode() for path in KUBEADM_CERTIFICATES}
        for path in KUBECONFIGS:
            (user,) = yaml.safe_load(self.read(path))["users"]
            texts[path] = yaml.safe_load(f"!!binary {user['user']['client-certificate-data']}")
        return {path: x509.load_pem_x509_certificate(text) for path, text in texts.items()}


@pytest.fixture
def node(account: None, programs: Path, tmp_path: Path, request: pytest.FixtureRequest) -> Node:
    if os.geteuid() != 0:
        pytest.skip("kubeadm changes its root folder, which only root may")
    return Node(tmp_path, programs, encryption_algorithm=request.param)


@pytest.mark.parametrize(("node", "kind"), KEYS.items(), indirect=["node"])
def test_every_key_of_kubeadms_is_as_the_document_says_and_stays_so_when_it_is_renewed(node: Node, kind: type) -> None:
    node.kubeadm("init", "phase", "certs", "apiserver")
    node.kubeadm("init", "phase", "certs", "apiserver-kubelet-client")
    node.kubeadm("init", "phase", "certs", "front-proxy-client")
    node.kubeadm("init", "phase", "kubeconfig", "all")
    made = node.certificates()
    node.kubeadm("certs", "renew", "all")
    renewed = node.certificates()
    for path, old in made.items():
        assert isinstance(old.public_key(), kind), path
        assert isinstance(renewed[path].public_key(), kind), path
        assert old.serial_number != renewed[path].serial_number
    # The authorities are Pulumi's, and the same with either.
    authority = x509.load_pem_x509_certificate(node.read(CLUSTER_CA).encode())
    assert isinstance(authority.public_key(), EllipticCurvePublicKey)


def test_a_load_balancer_meets_rsa_keys_unless_the_stack_file_says_otherwise() -> None:
    assert ControlPlaneSpec().encryption_algorithm == "RSA-2048"


@pytest.mark.parametrize("node", ["RSA-2048"], indirect=True)
def test_an_api_server_has_time_to_drain_after_the_load_balancer_has_noticed(node: Node) -> None:
    """Its grace period and that of a node's shutdown exceed the delay; kubelets cut the first to the second."""
    node.kubeadm("init", "phase", "control-plane", "all")
    pod: dict[str, Any] = yaml.safe_load(node.read(f"{MANIFESTS}/kube-apiserver.yaml"))["spec"]
    (container,) = pod["containers"]
    delay = _seconds(next(one for one in container["command"] if "shutdown-delay" in one).partition("=")[2])
    node.kubeadm("init", "phase", "kubelet-start", "--dry-run")
    (file,) = node.folder.glob("etc/kubernetes/tmp/kubeadm-init-dryrun*/config.yaml")
    kubelet: dict[str, Any] = yaml.safe_load(file.read_text())
    critical, whole = (_seconds(kubelet[f"shutdownGracePeriod{which}"]) for which in ("CriticalPods", ""))
    assert pod["terminationGracePeriodSeconds"] >= delay + 30
    assert whole > critical >= delay + 10


@pytest.mark.parametrize("first", ["a", "b", "c"])
def test_the_issuer_of_the_document_signs_whatever_others_are_accepted(
    account: None, programs: Path, tmp_path: Path, first: str
) -> None:
    """The first of the API server's flags signs; kubeadm may sort flags of one name by their values."""
    if os.geteuid() != 0:
        pytest.skip("kubeadm changes its root folder, which only root may")
    urls = [f"https://{letter}.example.com" for letter in "abc"]
    signing = f"https://{first}.example.com"
    others = tuple(url for url in urls if url != signing)
    node = Node(tmp_path, programs, issuer=signing, accepted_issuers=others)
    node.kubeadm("init", "phase", "control-plane", "apiserver")
    pod: dict[str, Any] = yaml.safe_load(node.read(f"{MANIFESTS}/kube-apiserver.yaml"))["spec"]
    command = pod["containers"][0]["command"]
    given = [one.partition("=")[2] for one in command if one.startswith("--service-account-issuer=")]
    assert given == [signing, *others]
    assert f"--service-account-jwks-uri={signing}/openid/v1/jwks" in command
    assert pod["terminationGracePeriodSeconds"] == API_SERVER_GRACE_SECONDS


def _seconds(duration: str) -> int:
    """Seconds of a duration of Go's, of minutes and seconds."""
    minutes, _, seconds = duration.rpartition("m")
    return 60 * int(minutes or 0) + int(seconds.removesuffix("s"))
