"""The ten rules of `kubeadm init` on every control-plane node, each shown on what kubeadm or a server did."""

import base64
import json
import re
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from itertools import takewhile

import pytest
import yaml

from support.controlplane.instances.waiting import until
from support.controlplane.kubernetes_agent import BootedNode
from support.controlplane.kubernetes_cluster import API_HOST, Cluster
from tripod.bootstrap.agent.control_plane import role as control_plane
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.node.kubeadm_config import UNUSED_GROUP
from tripod.bootstrap.agent.node.kubectl import Kubectl
from tripod.bootstrap.agent.node.paths import ADMIN, CONTROLLER_MANAGER, DISCOVERY, KUBEADM, KUBELET, PKI, SCHEDULER
from tripod.bootstrap.agent.workers import join as joining
from tripod.supply.versions import KUBERNETES

SHARED = ("ca.crt", "ca.key", "front-proxy-ca.crt", "front-proxy-ca.key", "sa.key", "sa.pub", "etcd/ca.crt")


@pytest.fixture(scope="module")
def spare(running: Cluster) -> Generator[BootedNode]:
    """A node that has everything that kubeadm needs, and on which kubeadm has not been run."""
    node = running.spare_node()
    try:
        node.boot(list(takewhile(lambda phase: phase.name != "quorum", control_plane.PHASES)))
        yield node
    finally:
        running.network.give_up(node.host.instance)


@pytest.fixture(scope="module")
def preflight(running: Cluster) -> str:
    """The output of kubeadm's preflight on a node that is up while a member of etcd is down."""
    member = running.etcd.followers()[0]
    member.kill()
    try:
        host = running.nodes[1].host
        done = host.instance.run("kubeadm", "init", "phase", "preflight", f"--config={KUBEADM}", check=False)
        return f"{done.returncode}\n{done.stdout}{done.stderr}"
    finally:
        member.start()
        member.wait_healthy()


@pytest.mark.parametrize("name", SHARED)
def test_rule_1_kubeadm_is_not_run_where_a_shared_file_is_missing(name: str, spare: BootedNode) -> None:
    file, kept = spare.host.path(f"{PKI}/{name}"), spare.host.path(f"{PKI}/kept")
    file.rename(kept)
    spare.host.commands.clear()
    try:
        with pytest.raises(AgentError, match="kubeadm is not run, since it would make its own"):
            spare.command(control_plane.initialise)
        assert not file.exists()
        assert not [command for command in spare.host.commands if command.startswith("kubeadm")]
    finally:
        kept.rename(file)


def test_rule_1_kubeadm_makes_without_a_word_what_it_does_not_find(spare: BootedNode) -> None:
    files = [spare.host.path(f"{PKI}/front-proxy-ca.{kind}") for kind in ("crt", "key")]
    kept = [file.read_bytes() for file in files]
    try:
        for file in files:
            file.unlink()
        spare.host.really("kubeadm", "init", "phase", "certs", "front-proxy-ca", f"--config={KUBEADM}")
        assert files[0].read_bytes() != kept[0]
    finally:
        for file, content in zip(files, kept, strict=True):
            file.write_bytes(content)


def test_rule_1_kubeadm_has_used_the_shared_files_as_they_are(running: Cluster) -> None:
    secret = running.secrets["cluster-ca"]
    for node in running.nodes:
        assert (node.host.read(f"{PKI}/ca.crt"), node.host.read(f"{PKI}/ca.key")) == (
            secret["certificate"],
            secret["private_key"],
        )
        for name, authority in (("apiserver", "ca"), ("front-proxy-client", "front-proxy-ca")):
            signer, leaf = (str(node.host.path(f"{PKI}/{one}.crt")) for one in (authority, name))
            assert node.host.run("openssl", "verify", "-CAfile", signer, leaf).endswith(": OK\n")
        # What signs members of etcd never came here.
        assert not node.host.path(f"{PKI}/etcd/ca.key").exists()


def test_rule_2_a_member_that_is_down_is_a_warning_and_no_error(preflight: str) -> None:
    assert "[WARNING ExternalEtcdVersion]" in preflight
    assert "[ERROR ExternalEtcdVersion]" not in preflight


def test_rule_3_kubeadm_does_not_run_twice_on_a_node_and_is_not_asked_to(running: Cluster, preflight: str) -> None:
    assert preflight.startswith("1\n")
    assert "[ERROR FileAvailable--etc-kubernetes-manifests-kube-apiserver.yaml]" in preflight
    assert "[ERROR Port-6443]" in preflight
    node = running.nodes[1]
    node.host.commands.clear()
    node.boot(control_plane.PHASES)
    assert not [command for command in node.host.commands if command.startswith("kubeadm")]
    assert running.servers[1].api.ready()


def test_rule_4_init_needs_no_load_balancer(running: Cluster) -> None:
    """Kubeadm's writes to the API went to the node's own server: nobody else has the API's name here."""
    for node in running.nodes:
        asked = node.host.instance.run("curl", "--max-time", "2", f"https://{API_HOST}:6443/readyz", check=False)
        assert asked.returncode != 0
    configuration = (running.api.find("configmap", "kubeadm-config", "kube-system") or {})["data"]
    assert f"controlPlaneEndpoint: {API_HOST}:6443" in configuration["ClusterConfiguration"]


@pytest.mark.parametrize("path", [KUBELET, ADMIN, CONTROLLER_MANAGER, SCHEDULER])
def test_rule_5_a_nodes_components_connect_to_its_own_server(path: str, running: Cluster) -> None:
    for number, node in enumerate(running.nodes):
        shown = node.host.run("kubectl", f"--kubeconfig={node.host.path(path)}", "config", "view", "--output=json")
        server = json.loads(shown)["clusters"][0]["cluster"]["server"]
        # People take admin.conf away with them: it names the API as everybody may reach it.
        own = f"https://{running.address(number)}:6443"
        assert server == (f"https://{API_HOST}:6443" if path == ADMIN else own)


@pytest.fixture(scope="module")
def dry_run(spare: BootedNode) -> str:
    """The actions of kubeadm if it were run: every phase, and every object that it would write."""
    # There is no container runtime here, nor a kubelet.
    text = (spare.host.read(KUBEADM) or "").replace('"ExternalEtcdVersion"', '"all"')
    spare.host.write("/root/dry-run.yaml", text)
    quiet = ("--skip-token-print", "--skip-certificate-key-print")
    return spare.host.really("kubeadm", "init", "--dry-run", "--config=/root/dry-run.yaml", *quiet)


def test_rule_6_add_ons_are_not_kubeadms(dry_run: str) -> None:
    written = set(re.findall(r'Would perform action (?:CREATE|UPDATE|PATCH) on resource "(\w+)"', dry_run))
    assert {"configmaps", "secrets", "clusterrolebindings"} <= written
    assert not {"deployments", "daemonsets", "services"} & written
    assert "name: coredns" not in dry_run
    assert "name: kube-proxy" not in dry_run


def test_rule_7_kubeadms_own_token_is_short_lived_and_opens_nothing(running: Cluster) -> None:
    phase = ("bootstrap-token", "--skip-token-print", f"--config={KUBEADM}")
    printed = running.nodes[1].host.really("kubeadm", "init", "phase", *phase)
    secrets = running.api.list("secrets", "--namespace=kube-system")
    tokens = [
        {key: base64.b64decode(value).decode() for key, value in one["data"].items()}
        for one in secrets
        if one["type"] == "bootstrap.kubernetes.io/token"
    ]
    kubeadms = [one for one in tokens if one["auth-extra-groups"] == UNUSED_GROUP]
    assert kubeadms
    for token in kubeadms:
        assert token["token-secret"] not in printed
        assert datetime.fromisoformat(token["expiration"]) - datetime.now(UTC) < timedelta(minutes=15)
        assert "usage-bootstrap-signing" not in token
        caller = running.bearer(f"{token['token-id']}.{token['token-secret']}")
        assert caller.name() == f"system:bootstrap:{token['token-id']}"
        request = {"spec": {"request": "", "signerName": "kubernetes.io/kube-apiserver-client-kubelet"}}
        asked = caller.ask("POST", "/apis/certificates.k8s.io/v1/certificatesigningrequests", request)
        assert asked.status == 403
        assert caller.ask("GET", "/api/v1/namespaces/kube-system/configmaps/kubeadm-config").status == 403
    # Nobody has a token of the group whose certificates kubeadm has signed unseen.
    assert not [one for one in tokens if "kubeadm:default-node-token" in one["auth-extra-groups"]]


def test_rule_8_workers_join_by_a_file_whatever_cluster_info_says(running: Cluster, joined: Kubectl) -> None:
    """Each init writes cluster-info anew, and for a moment nobody can join by it; here nobody does."""
    running.api.run("delete", "configmap", "cluster-info", "--namespace=kube-public")
    worker = running.worker
    joining.prepare_join(worker.agent())
    view = yaml.safe_load(worker.host.read(DISCOVERY) or "")
    assert view["clusters"][0]["cluster"]["server"] == f"https://{API_HOST}:6443"
    token = Kubectl(worker.host, DISCOVERY)
    assert token.find("configmap", "kubeadm-config", "kube-system") is not None
    running.nodes[1].host.really(
        "kubeadm", "init", "phase", "bootstrap-token", "--skip-token-print", f"--config={KUBEADM}"
    )
    running.approve()


def test_rule_9_kubeadm_makes_its_own_version_and_the_one_before(running: Cluster, spare: BootedNode) -> None:
    minor = int(KUBERNETES.split(".")[1])
    text = spare.host.read(KUBEADM) or ""

    def loaded(version: str) -> str:
        spare.host.write("/root/kubeadm.yaml", text.replace(f"v{KUBERNETES}", f"v{version}"))
        command = ("kubeadm", "init", "phase", "certs", "sa", "--config=/root/kubeadm.yaml")
        done = spare.host.instance.run(*command, check=False)
        return done.stderr if done.returncode else ""

    assert json.loads(running.api.run("get", "--raw=/version"))["gitVersion"] == f"v{KUBERNETES}"
    assert [loaded(version) for version in (KUBERNETES, f"1.{minor - 1}.0")] == ["", ""]
    assert "only supports deploying clusters with the control plane version >=" in loaded(f"1.{minor - 2}.0")


def test_rule_10_without_a_quorum_every_server_calls_itself_dead_and_lives_on(running: Cluster) -> None:
    """A group that judged by the load balancer would terminate every node now, and none would come up again."""
    members = running.etcd.members
    for member in members[:2]:
        member.kill()
    try:
        for server in running.servers:
            for path in ("/livez", "/readyz", "/healthz"):
                until(path, lambda path=path, server=server: server.api.status(path) == 500)
            assert server.api.running
    finally:
        running.etcd.start()
    for server in running.servers:
        server.api.wait_ready()
        assert server.api.status("/livez") == 200


def test_kubelets_let_nobody_in_unasked(running: Cluster) -> None:
    # kubeadm's defaults, which the product relies on and does not repeat.
    found = running.api.run("get", "configmap", "kubelet-config", "--namespace=kube-system", "--output=json")
    config = yaml.safe_load(json.loads(found)["data"]["kubelet"])
    assert config["authentication"]["anonymous"] == {"enabled": False}
    assert config["authentication"]["webhook"]["enabled"] is True
    assert config["authorization"]["mode"] == "Webhook"
    assert config.get("readOnlyPort", 0) == 0
