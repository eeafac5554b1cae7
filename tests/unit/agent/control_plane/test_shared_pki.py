"""With real keys, real certificates and the real openssl: kubeadm must never run on what does not fit."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from support.agent.instance import aws
from support.agent.kubernetes_nodes import (
    INCARNATION,
    FakeInstance,
    Secrets,
    authority,
    control_plane,
    node_instance,
    pem,
    signing_key,
)
from support.controlplane.authority import Authority
from tripod.bootstrap.agent.control_plane.certificates import ensure_etcd_certificate
from tripod.bootstrap.agent.control_plane.shared_pki import require_consistent_pki, write_shared_pki
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.node.kubeadm_cleanup import mark_done
from tripod.bootstrap.agent.node.paths import (
    CONTROL_PLANE_MARKER,
    ETCD_CA,
    ETCD_CLIENT_CERTIFICATE,
    ETCD_CLIENT_KEY,
    PKI,
)

FILES = {
    f"{PKI}/ca.crt": 0o644,
    f"{PKI}/ca.key": 0o600,
    f"{PKI}/front-proxy-ca.crt": 0o644,
    f"{PKI}/front-proxy-ca.key": 0o600,
    f"{PKI}/sa.key": 0o600,
    f"{PKI}/sa.pub": 0o644,
    ETCD_CA: 0o644,
}


def put(purpose: str, value: dict[str, Any]) -> None:
    aws("secretsmanager").put_secret_value(SecretId=f"demo/{INCARNATION}/{purpose}", SecretString=json.dumps(value))


def fetched(folder: Path) -> FakeInstance:
    standing = node_instance(folder, control_plane())
    write_shared_pki(standing.agent)
    return standing


def test_all_of_them_are_there_and_private_keys_are_the_owners_alone(tmp_path: Path, cluster: Secrets) -> None:
    standing = fetched(tmp_path)
    found = {path: standing.machine.path(path).stat().st_mode & 0o777 for path in FILES}
    assert found == FILES
    # The key of etcd's own authority is not a control-plane node's.
    assert not standing.machine.path(f"{PKI}/etcd/ca.key").exists()
    assert standing.machine.read(f"{PKI}/ca.key") == cluster["cluster-ca"]["private_key"]
    shown = "".join(standing.machine.commands + standing.lines)
    assert "PRIVATE KEY" not in shown


def test_done_again_nothing_changes(tmp_path: Path, cluster: Secrets) -> None:
    standing = fetched(tmp_path)
    before = {path: standing.machine.path(path).stat().st_mtime_ns for path in FILES}
    write_shared_pki(standing.agent)
    assert {path: standing.machine.path(path).stat().st_mtime_ns for path in FILES} == before


@pytest.mark.parametrize("path", FILES)
def test_without_any_one_of_them_kubeadm_is_not_run(path: str, tmp_path: Path, cluster: Secrets) -> None:
    standing = fetched(tmp_path)
    standing.machine.path(path).unlink()
    with pytest.raises(AgentError, match="kubeadm is not run") as refusal:
        require_consistent_pki(standing.machine)
    assert re.search(re.escape(path.removesuffix(".key")), str(refusal.value))


@pytest.mark.parametrize("path", FILES)
def test_with_any_one_of_them_broken_kubeadm_is_not_run(path: str, tmp_path: Path, cluster: Secrets) -> None:
    standing = fetched(tmp_path)
    text = standing.machine.read(path) or ""
    standing.machine.write(path, text[: len(text) // 2], FILES[path])
    with pytest.raises(AgentError, match="kubeadm is not run"):
        require_consistent_pki(standing.machine)


def expired() -> dict[str, str]:
    pair = Authority("kubernetes", validity=timedelta(days=-1)).pair
    return {"certificate": pair.certificate.decode(), "private_key": pair.key.decode()}


LEAF = ("-addext", "basicConstraints=critical,CA:FALSE")
UNFIT: dict[str, tuple[str, Callable[[Secrets], dict[str, Any]], str]] = {
    "another key": (
        "cluster-ca",
        lambda made: {**made["cluster-ca"], "private_key": authority("other")["private_key"]},
        "ca.key is not the key of the cluster's authority",
    ),
    "another front proxy": (
        "front-proxy-ca",
        lambda made: {**made["front-proxy-ca"], "certificate": authority("other")["certificate"]},
        "front-proxy-ca.key is not the key of the front proxy's authority",
    ),
    "one for two": ("front-proxy-ca", lambda made: made["cluster-ca"], "two of the three authorities are one"),
    "a leaf": (
        "cluster-ca",
        lambda _: dict(authority("leaf", *LEAF)),
        "ca.crt is not an authority's certificate",
    ),
    "expired": ("cluster-ca", lambda _: expired(), "ca.crt has expired"),
    "another public key": (
        "service-accounts",
        lambda made: {**made["service-accounts"], "public_keys": signing_key(1)["public_keys"]},
        "sa.pub does not hold the public half",
    ),
    "no key": ("cluster-ca", lambda made: {"certificate": made["cluster-ca"]["certificate"]}, "lacks private_key"),
    "an empty key": ("front-proxy-ca", lambda made: {**made["front-proxy-ca"], "private_key": " "}, "lacks private_"),
    "no public keys": ("service-accounts", lambda made: {**made["service-accounts"], "public_keys": []}, "lacks publ"),
}


@pytest.mark.parametrize(("purpose", "broken", "why"), UNFIT.values(), ids=UNFIT)
def test_a_secret_that_does_not_fit_is_refused_by_name(
    purpose: str, broken: Callable[[Secrets], dict[str, Any]], why: str, tmp_path: Path, cluster: Secrets
) -> None:
    put(purpose, broken(cluster))
    with pytest.raises(AgentError, match=re.escape(why)) as refusal:
        write_shared_pki(node_instance(tmp_path, control_plane()).agent)
    assert "PRIVATE KEY" not in str(refusal.value)


def test_a_signing_key_that_rotates_has_the_old_public_key_beside_it(tmp_path: Path, cluster: Secrets) -> None:
    old, new = cluster["service-accounts"], signing_key(1)
    put("service-accounts", {**new, "public_keys": [*new["public_keys"], *old["public_keys"]]})
    standing = fetched(tmp_path)
    assert (standing.machine.read(f"{PKI}/sa.pub") or "").count("BEGIN PUBLIC KEY") == 2


def test_a_node_that_runs_is_not_given_another_authority(tmp_path: Path, cluster: Secrets) -> None:
    standing = fetched(tmp_path)
    mark_done(standing.agent, CONTROL_PLANE_MARKER)
    write_shared_pki(standing.agent)
    put("cluster-ca", dict(authority("another")))
    with pytest.raises(AgentError, match=r"ca\.crt is another authority than this node was made with"):
        write_shared_pki(standing.agent)
    assert standing.machine.read(f"{PKI}/ca.crt") == cluster["cluster-ca"]["certificate"]


def test_a_missing_secret_is_one_clear_message(tmp_path: Path, cluster: Secrets) -> None:
    aws("secretsmanager").delete_secret(SecretId=f"demo/{INCARNATION}/front-proxy-ca", ForceDeleteWithoutRecovery=True)
    standing = node_instance(tmp_path, control_plane())
    with pytest.raises(AgentError, match="front-proxy-ca does not exist: `pulumi up` makes it"):
        write_shared_pki(standing.agent)
    # Nothing was written: a part of them is worth nothing.
    assert not standing.machine.path(PKI).exists()


def test_what_the_server_shows_to_etcd_is_signed_by_the_clients_authority(tmp_path: Path, cluster: Secrets) -> None:
    standing = node_instance(tmp_path, control_plane())
    ensure_etcd_certificate(standing.agent)
    certificate = standing.machine.read(ETCD_CLIENT_CERTIFICATE) or ""
    text = pem("x509", "-noout", "-text", given=certificate)
    assert "TLS Web Client Authentication" in text
    assert "TLS Web Server Authentication" not in text
    assert "CA:FALSE" in text
    ca = standing.machine.path("/ca")
    ca.write_text(cluster["etcd-client-ca"]["certificate"])
    assert ": OK" in pem("verify", "-CAfile", str(ca), str(standing.machine.path(ETCD_CLIENT_CERTIFICATE)))
    assert standing.machine.path(ETCD_CLIENT_KEY).stat().st_mode & 0o777 == 0o600
    assert "valid until" in ensure_etcd_certificate(standing.agent)
    assert standing.machine.read(ETCD_CLIENT_CERTIFICATE) == certificate


def test_an_authority_without_a_key_cannot_sign_and_says_so(tmp_path: Path, cluster: Secrets) -> None:
    put("etcd-client-ca", {"certificate": cluster["etcd-client-ca"]["certificate"]})
    with pytest.raises(AgentError, match="etcd-client-ca lacks certificate or private_key"):
        ensure_etcd_certificate(node_instance(tmp_path, control_plane()).agent)
