"""What kubeadm makes of the files that the boot agent writes for it: keys, and grace periods. No server is started."""

import os
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from support.controlplane.kubeadm_files import KubeadmFiles, emulated_account
from tripod.bootstrap.agent.node.kubeadm_config import API_SERVER_GRACE_SECONDS
from tripod.bootstrap.agent.node.paths import CLUSTER_CA, MANIFESTS
from tripod.control_plane.spec import ControlPlaneSpec

KEYS = {"RSA-2048": RSAPublicKey, "ECDSA-P256": EllipticCurvePublicKey}


@pytest.fixture
def account() -> Generator[None]:
    with emulated_account():
        yield


@pytest.fixture
def node(account: None, programs: Path, tmp_path: Path, request: pytest.FixtureRequest) -> KubeadmFiles:
    if os.geteuid() != 0:
        pytest.skip("kubeadm changes its root folder, which only root may")
    return KubeadmFiles(tmp_path, programs, encryption_algorithm=request.param)


@pytest.mark.parametrize(("node", "kind"), KEYS.items(), indirect=["node"])
def test_every_key_of_kubeadms_is_as_the_document_says_and_stays_so_when_it_is_renewed(
    node: KubeadmFiles, kind: type
) -> None:
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
def test_an_api_server_has_time_to_drain_after_the_load_balancer_has_noticed(node: KubeadmFiles) -> None:
    """Its grace period and that of a node's shutdown exceed the delay; kubelets cut the first to the second."""
    node.kubeadm("init", "phase", "control-plane", "all")
    pod: dict[str, Any] = yaml.safe_load(node.read(f"{MANIFESTS}/kube-apiserver.yaml"))["spec"]
    (container,) = pod["containers"]
    delay = _seconds(next(one for one in container["command"] if "shutdown-delay" in one).partition("=")[2])
    node.kubeadm("init", "phase", "kubelet-start", "--dry-run")
    (file,) = node.folder.glob("etc/kubernetes/tmp/kubeadm-init-dryrun*/config.yaml")
    kubelet: dict[str, Any] = yaml.safe_load(file.read_text())
    critical, whole = (_seconds(kubelet[f"shutdownGracePeriod{which}"]) for which in ("CriticalPods", ""))
    # Of the fake instance's 7884716 kB: as many pods as Kubernetes supports, and EKS' 255 MiB and 11 for each.
    assert (kubelet["maxPods"], kubelet["kubeReserved"]) == (110, {"cpu": "100m", "memory": "1465Mi"})
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
    node = KubeadmFiles(tmp_path, programs, issuer=signing, accepted_issuers=others)
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
