"""The boot agent's control-plane nodes and workers on real etcd and real servers, from the product's own documents."""

import base64
import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import boto3
import pytest
from cryptography import x509

from support.agent import PAYLOAD_BUCKET, REGION, SESSION, aws, emulated, put_topology
from support.controlplane.etcd import Cluster
from support.controlplane.kubernetes_agent import Booted, ControlPlaneHost, InstanceHost
from support.controlplane.nodes import ControlPlaneNode
from support.controlplane.site import MEMBERS, Site, node_address
from support.controlplane.waiting import until
from tripod.bootstrap.agent import control_plane, drain, joining, renewal
from tripod.bootstrap.agent.approving import AUTO_APPROVAL, Approver
from tripod.bootstrap.agent.csr import CLIENT_SIGNER, SERVING_SIGNER
from tripod.bootstrap.agent.kubectl import ApiError, Kubectl, own_api
from tripod.bootstrap.agent.kubernetes_paths import (
    ADMIN,
    AUDIT_LOGS,
    DISCOVERY,
    ENCRYPTION,
    KUBELET,
    KUBELET_CLIENT,
    PKI,
    SUPER_ADMIN,
)
from tripod.bootstrap.agent.operator_commands import (
    ARGUMENTS,
    encryption_status,
    nodes,
    refresh,
    rewrite_secrets,
    start_api_server,
    stop_api_server,
)
from tripod.operations.rotate import config_hash
from unit.agent_kubernetes import stand

WORKER_ADDRESS = node_address(1) + 1
GROUPS = {"viewer": ["team:viewers"], "operator": ["team:ops"], "deployer": ["team:apps"], "ci-preview": ["ci"]}
TAGS = {"cluster": "demo", "kubernetes.io/cluster/demo": "owned"}


@dataclass
class Running:
    """Three members of etcd, two control-plane nodes and a worker that has not joined.

    Attributes:
        site: where they are.
        etcd: the members.
        secrets: the cluster's secrets.
        nodes: the control-plane nodes.
        worker: the worker.
    """

    site: Site
    etcd: Cluster
    secrets: stand.Secrets
    nodes: list[Booted]
    worker: Booted

    @property
    def api(self) -> Kubectl:
        """The first node's API server, as an administrator."""
        return own_api(self.nodes[0].agent())

    def approve(self) -> list[str]:
        """Have the first node decide on what is pending."""
        return Approver(self.nodes[0].agent(), self.api).look()


def launched(role: str) -> dict[str, Any]:
    """An instance of the cluster in the emulated account."""
    tags = [{"Key": key, "Value": value} for key, value in {**TAGS, "tripod:role": role}.items()]
    (made,) = aws("ec2").run_instances(
        ImageId=aws("ec2").describe_images()["Images"][0]["ImageId"],
        MinCount=1,
        MaxCount=1,
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )["Instances"]
    return made


def put_secrets(site: Site) -> stand.Secrets:
    """The cluster's secrets in the emulated account, with the authority of the site's etcd."""
    made = stand.make_secrets()
    clients = site.client_authority.pair
    made["etcd-client-ca"].update(certificate=clients.certificate.decode(), private_key=clients.key.decode())
    for name, value in made.values.items():
        aws("secretsmanager").create_secret(Name=name, SecretString=json.dumps(value))
    aws("kms").create_alias(AliasName=stand.SECRETS_KEY, TargetKeyId=aws("kms").create_key()["KeyMetadata"]["KeyId"])
    return made


def make_node(site: Site, number: int) -> Booted:
    """A control-plane node that has not booted."""
    document = {**stand.control_plane(), "etcd_ca": site.etcd_authority.certificate.decode(), "groups": GROUPS}
    instance = site.instance(f"control-{number}", node_address(number))
    host = ControlPlaneHost(instance.root, instance=instance, node=ControlPlaneNode(instance))
    return Booted(host, launched("control-plane")["InstanceId"], document)


def make_worker(site: Site, name: str, address: IPv4Address, api: IPv4Address) -> Booted:
    """A worker that has not booted; the API's name leads it to one of the servers."""
    instance = site.instance(name, address)
    instance.write({"/etc/hosts": f"{api} {stand.ENDPOINT.partition(':')[0]}\n"}, 0o644)
    return Booted(InstanceHost(instance.root, instance=instance), launched("workers")["InstanceId"], stand.worker())


@pytest.fixture(scope="module")
def running(
    network: None, programs: Path, tmp_path_factory: pytest.TempPathFactory, measured: Callable[[str], None]
) -> Generator[Running]:
    """A cluster whose control plane the agent has booted."""
    site = Site(tmp_path_factory.mktemp("agent"), programs)
    with pytest.MonkeyPatch.context() as patch, emulated():
        patch.setattr(boto3, "DEFAULT_SESSION", SESSION)
        aws("s3").create_bucket(Bucket=PAYLOAD_BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        put_topology({name: str(address) for name, address in MEMBERS.items()})
        try:
            etcd = site.etcd()
            etcd.start()
            secrets = put_secrets(site)
            booted: list[Booted] = []
            for number in range(2):
                booted.append(make_node(site, number))
                started = datetime.now(UTC)
                booted[-1].boot(control_plane.PHASES)
                took = (datetime.now(UTC) - started).total_seconds()
                measured(f"agent: control-plane node {number} up {took:.1f} s after its binaries")
            worker = make_worker(site, "worker-0", WORKER_ADDRESS, node_address(0))
            yield Running(site, etcd, secrets, booted, worker)
        finally:
            site.close()


def servers(running: Running) -> list[ControlPlaneNode]:
    return [node.host.node for node in running.nodes if isinstance(node.host, ControlPlaneHost)]


def test_a_node_is_up_and_its_lines_say_how(running: Running) -> None:
    first = running.nodes[0]
    assert [line.split(":")[0] for line in first.lines][-5:] == ["init", "api", "rights", "join-token", "services"]
    assert all(server.api.get("/readyz")[0] == 200 for server in servers(running))
    # What would let anybody in whom RBAC does not know is gone; what RBAC knows works.
    assert not first.host.path(SUPER_ADMIN).exists()
    assert running.api.run("auth", "whoami", "--output=jsonpath={.status.userInfo.groups}").count("cluster-admins")


def test_nodes_that_booted_apart_trust_one_another(running: Running) -> None:
    first, second = running.nodes
    own = first.host.read(ADMIN) or ""
    second.host.write("/root/other.conf", own, 0o600)
    server = f"https://{second.host.instance.address}:6443"
    assert Kubectl(second.host, "/root/other.conf", server).run("get", "--raw=/readyz") == "ok"
    # A token that one signs is one for the other.
    token = running.api.run("create", "token", "default", "--namespace=default").strip()
    answer = second.host.really(
        *("kubectl", f"--server={server}", f"--certificate-authority={second.host.path(f'{PKI}/ca.crt')}"),
        *(f"--token={token}", "auth", "whoami", "--output=jsonpath={.status.userInfo.username}"),
    )
    assert answer == "system:serviceaccount:default:default"
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["iss"] == "https://issuer.example.com"
    # It is no token for AWS, and one for AWS is none for the API.
    assert claims["aud"] == ["https://kubernetes.default.svc.cluster.local"]


def test_a_kubelet_speaks_with_its_own_nodes_server(running: Running) -> None:
    for node in running.nodes:
        told = node.host.run("kubectl", f"--kubeconfig={node.host.path(KUBELET)}", "config", "view", "--output=json")
        assert json.loads(told)["clusters"][0]["cluster"]["server"] == f"https://{node.host.instance.address}:6443"


def test_a_servers_certificate_is_good_for_every_name_of_the_api(running: Running) -> None:
    pem = running.nodes[0].host.path(f"{PKI}/apiserver.crt").read_bytes()
    names = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"api.demo.internal", "public.example.com", "kubernetes.default.svc.cluster.local", "localhost"} <= set(
        names.get_values_for_type(x509.DNSName)
    )
    wanted = {"127.0.0.1", "10.96.0.1", str(running.nodes[0].host.instance.address)}
    assert wanted <= {str(one) for one in names.get_values_for_type(x509.IPAddress)}


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/livez", 200),
        ("/readyz", 200),
        ("/healthz", 200),
        ("/version", 401),
        ("/api", 401),
        ("/metrics", 401),
        ("/api/v1/namespaces/kube-public/configmaps/cluster-info", 401),
    ],
)
def test_nothing_is_anonymous_but_health(path: str, status: int, running: Running) -> None:
    assert [server.api.get(path)[0] for server in servers(running)] == [status] * 2


def test_a_second_power_on_runs_no_kubeadm(running: Running) -> None:
    node = running.nodes[1]
    node.host.commands.clear()
    node.boot(control_plane.PHASES)
    assert not [command for command in node.host.commands if command.startswith("kubeadm")]
    assert servers(running)[1].api.ready()


MATRIX: Mapping[str, Mapping[str, str]] = {
    # What: who may.
    "get pods": {"team:viewers": "yes", "team:ops": "yes", "team:apps": "yes", "ci": "yes"},
    "get pods/log": {"team:viewers": "yes", "team:ops": "yes", "team:apps": "yes", "ci": "yes"},
    "list nodes": {"team:viewers": "yes", "team:ops": "yes", "team:apps": "yes", "ci": "yes"},
    "get secrets": {"team:viewers": "no", "team:ops": "no", "team:apps": "no", "ci": "no"},
    "list secrets": {"team:viewers": "no", "team:ops": "no", "team:apps": "no", "ci": "no"},
    "create pods/exec": {"team:viewers": "no", "team:ops": "no", "team:apps": "no", "ci": "no"},
    "create deployments.apps": {"team:viewers": "no", "team:ops": "no", "team:apps": "yes", "ci": "no"},
    "delete pods": {"team:viewers": "no", "team:ops": "yes", "team:apps": "yes", "ci": "no"},
    "create pods/eviction": {"team:viewers": "no", "team:ops": "yes", "team:apps": "no", "ci": "no"},
    "patch nodes": {"team:viewers": "no", "team:ops": "yes", "team:apps": "no", "ci": "no"},
    "create clusterrolebindings": {"team:viewers": "no", "team:ops": "no", "team:apps": "no", "ci": "no"},
    "impersonate users": {"team:viewers": "no", "team:ops": "no", "team:apps": "no", "ci": "no"},
}


@pytest.mark.parametrize("what", MATRIX)
def test_each_group_may_what_its_role_says(what: str, running: Running) -> None:
    verb, _, kind = what.partition(" ")
    resource, _, subresource = kind.partition("/")

    def may(group: str) -> str:
        who = ("--as=somebody", f"--as-group={group}", "--as-group=system:authenticated")
        sub = (f"--subresource={subresource}",) if subresource else ()
        try:
            return running.api.run("auth", "can-i", verb, resource, *who, *sub, "--all-namespaces").strip()
        except ApiError:
            # kubectl says no, and ends with 1.
            return "no"

    assert {group: may(group) for group in MATRIX[what]} == MATRIX[what]


def test_a_deployer_has_no_business_in_the_systems_namespaces(running: Running) -> None:
    who = ("--as=somebody", "--as-group=team:apps", "--as-group=system:authenticated")

    def refused() -> bool:
        try:
            running.api.run("create", "configmap", "x", "--namespace=kube-system", "--dry-run=server", *who)
        except ApiError as error:
            return "deployers have no business" in str(error)
        return False

    # The server learns of a policy a moment after it was applied.
    until("the policy", refused, 30)
    running.api.run("create", "configmap", "x", "--namespace=default", "--dry-run=server", *who)


def test_a_privileged_pod_is_refused_but_in_the_systems_namespace(running: Running) -> None:
    container = {"name": "c", "image": "x", "securityContext": {"privileged": True}}

    def made(namespace: str) -> None:
        body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "privileged", "namespace": namespace}}
        running.api.create({**body, "spec": {"containers": [container]}})

    until("a service account", lambda: running.api.find("serviceaccount", "default", "kube-system"))
    with pytest.raises(ApiError, match="violates PodSecurity"):
        made("default")
    made("kube-system")


def request(kubectl: Kubectl, host: InstanceHost, name: str, node: str, signer: str, alternatives: str = "") -> None:
    """Ask for a certificate as a kubelet does; its key stays on the instance."""
    key = host.run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    host.write(f"/root/{name}.key", key, 0o600)
    extra = ("-addext", f"subjectAltName={alternatives}") if alternatives else ()
    subject = f"/O=system:nodes/CN=system:node:{node}"
    pem = host.run("openssl", "req", "-new", "-key", "/dev/stdin", "-subj", subject, *extra, given=key)
    usage = "server auth" if signer == SERVING_SIGNER else "client auth"
    kubectl.create(
        {
            "apiVersion": "certificates.k8s.io/v1",
            "kind": "CertificateSigningRequest",
            "metadata": {"name": name},
            "spec": {
                "request": base64.b64encode(pem.encode()).decode(),
                "signerName": signer,
                "usages": ["digital signature", usage],
            },
        }
    )


def decided(running: Running, name: str) -> str:
    """What was decided on a request; empty where nothing was."""
    found = running.api.find("csr", name) or {}
    return "".join(condition["type"] for condition in found["status"].get("conditions", []))


def issued(running: Running, name: str) -> str:
    def signed() -> bool:
        return bool((running.api.find("csr", name) or {})["status"].get("certificate"))

    until(f"the certificate {name}", signed, 20)
    return base64.b64decode((running.api.find("csr", name) or {})["status"]["certificate"]).decode()


@pytest.fixture(scope="module")
def joined(running: Running) -> Kubectl:
    """The worker's identity, after it has joined: the test is its kubelet."""
    worker, id_ = running.worker, running.worker.id
    assert "v1." in joining.prepare_join(worker.agent())
    token = Kubectl(worker.host, DISCOVERY)
    # What `kubeadm join` reads with the token, and nothing else.
    for kind, name in (("configmap", "kubeadm-config"), ("configmap", "kubelet-config")):
        assert token.find(kind, name, "kube-system") is not None
    with pytest.raises(ApiError, match="Forbidden"):
        token.list("secrets", "--namespace=kube-system")
    request(token, worker.host, "first", id_, CLIENT_SIGNER)
    assert decided(running, "first") == ""
    assert running.approve() == [f"approve: first: EC2 knows {id_} as a new worker of demo"]
    worker.host.write(KUBELET_CLIENT, issued(running, "first") + (worker.host.read("/root/first.key") or ""), 0o600)
    view = json.loads(worker.host.read(DISCOVERY) or "")
    certificate = str(worker.host.path(KUBELET_CLIENT))
    view["users"][0]["user"] = {"client-certificate": certificate, "client-key": certificate}
    worker.host.write(KUBELET, json.dumps(view), 0o600)
    made = Kubectl(worker.host, KUBELET)
    made.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": id_}})
    return made


def test_whoever_holds_the_token_becomes_no_other_node(running: Running, joined: Kubectl) -> None:
    token, host = Kubectl(running.worker.host, DISCOVERY), running.worker.host
    targets = {
        "unknown": "i-0fffffffffffffff0",
        "control-plane": running.nodes[0].id,
        "member": launched("etcd")["InstanceId"],
    }
    old = aws("ec2").describe_instances(InstanceIds=[running.nodes[1].id])["Reservations"][0]["Instances"][0]
    for name, node in targets.items():
        request(token, host, name, node, CLIENT_SIGNER)
    request(token, host, "with-address", running.worker.id, CLIENT_SIGNER, "IP:10.10.0.1")
    # EC2's answers may lag: the unknown one is refused when it has been asked for a while.
    later = old["LaunchTime"] + timedelta(minutes=30)
    said = Approver(running.nodes[0].agent(now=lambda: later), running.api).look()
    assert len(said) == 4
    assert {decided(running, name) for name in (*targets, "with-address")} == {"Denied"}
    # And the controller manager has not signed what nobody approved.
    assert running.api.find("clusterrolebinding", AUTO_APPROVAL) is None


def test_kubeadms_unseen_approval_does_not_help_a_token_even_when_it_is_back(running: Running, joined: Kubectl) -> None:
    phase = ("bootstrap-token", "--skip-token-print", "--config=/etc/kubernetes/kubeadm.yaml")
    running.nodes[1].host.really("kubeadm", "init", "phase", *phase)
    assert running.api.find("clusterrolebinding", AUTO_APPROVAL) is not None
    host = running.worker.host
    request(Kubectl(host, DISCOVERY), host, "unseen", "i-0eeeeeeeeeeeeeee0", CLIENT_SIGNER)
    # The controller manager has had its chance when it has decided on what came after.
    request(joined, host, "seen", running.worker.id, CLIENT_SIGNER)
    issued(running, "seen")
    assert decided(running, "unseen") == ""
    running.approve()
    assert running.api.find("clusterrolebinding", AUTO_APPROVAL) is None


def test_a_node_renews_its_own_certificate_and_serves_only_as_itself(running: Running, joined: Kubectl) -> None:
    host, id_ = running.worker.host, running.worker.id
    known = aws("ec2").describe_instances(InstanceIds=[id_])["Reservations"][0]["Instances"][0]
    request(joined, host, "renewal", id_, CLIENT_SIGNER)
    own = f"DNS:{id_},DNS:{known['PrivateDnsName']},IP:{known['PrivateIpAddress']}"
    request(joined, host, "serving", id_, SERVING_SIGNER, own)
    request(joined, host, "foreign", id_, SERVING_SIGNER, f"IP:{running.nodes[0].host.instance.address}")
    request(joined, host, "broken-line", id_, SERVING_SIGNER, f"DNS:{id_},DNS:api.demo.internal")
    with pytest.raises(ApiError, match="can only create a node CSR with CN"):
        request(joined, host, "impostor", running.nodes[0].id, SERVING_SIGNER, "IP:10.10.0.1")
    assert len(running.approve()) == 3
    assert "BEGIN CERTIFICATE" in issued(running, "renewal")
    assert "BEGIN CERTIFICATE" in issued(running, "serving")
    assert {decided(running, name) for name in ("foreign", "broken-line")} == {"Denied"}


def pod(name: str, node: str, **metadata: Any) -> dict[str, Any]:
    spec = {"nodeName": node, "terminationGracePeriodSeconds": 0, "containers": [{"name": "c", "image": "x"}]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", **metadata},
        "spec": spec,
    }


def test_a_node_empties_itself_with_its_kubelets_identity(running: Running, joined: Kubectl) -> None:
    api, id_ = running.api, running.worker.id
    until("a service account", lambda: api.run("get", "serviceaccount", "default", "--namespace=default"))
    api.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "other"}})
    labels = {"matchLabels": {"app": "agents"}}
    template = {"metadata": {"labels": labels["matchLabels"]}, "spec": {"containers": [{"name": "c", "image": "x"}]}}
    daemons = {"apiVersion": "apps/v1", "kind": "DaemonSet", "metadata": {"name": "agents", "namespace": "default"}}
    api.create({**daemons, "spec": {"selector": labels, "template": template}})
    owner = json.loads(api.run("get", "daemonset", "agents", "--namespace=default", "--output=json"))["metadata"]["uid"]
    reference = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "agents", "uid": owner, "controller": True}
    # The controller has one of its own for this node, and would take this one away.
    stays = {"ownerReferences": [reference], "finalizers": ["example.com/stays"]}
    api.create(pod("agent", id_, labels={"app": "agents"}, **stays))
    api.create(pod("web", id_))
    api.create(pod("guarded", id_, labels={"app": "guarded"}))
    api.create(pod("elsewhere", "other"))
    spec = {"minAvailable": 1, "selector": {"matchLabels": {"app": "guarded"}}}
    named = {"metadata": {"name": "guarded", "namespace": "default"}, "spec": spec}
    api.create({"apiVersion": "policy/v1", "kind": "PodDisruptionBudget", **named})
    guarded = json.loads(api.run("get", "pod", "guarded", "--namespace=default", "--output=json"))
    ready = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    api.put("/api/v1/namespaces/default/pods/guarded/status", {**guarded, "status": ready})
    # kubectl's own drain cannot: this is why the agent has one.
    with pytest.raises(ApiError, match='cannot get resource "daemonsets"'):
        joined.run("drain", id_, "--ignore-daemonsets", "--force", "--timeout=10s")
    drain.cordon(joined, id_)
    assert (api.find("node", id_) or {})["spec"]["unschedulable"] is True
    assert "default/guarded: TooManyRequests" in drain.drain_once(joined, id_)
    until("web is gone", lambda: drain.drain_once(joined, id_) == ["default/guarded: TooManyRequests"], 20)
    # The budget is lifted: the node is empty, but for what belongs to it.
    api.run("delete", "poddisruptionbudget", "guarded", "--namespace=default")
    until("the node is empty", lambda: drain.drain_once(joined, id_) == [], 20)
    left = json.loads(api.run("get", "pods", "--namespace=default", "--output=json"))["items"]
    assert "elsewhere" in {one["metadata"]["name"] for one in left}
    other: dict[str, Any] = {
        **drain.eviction(drain.Pod("default", "elsewhere", "", is_going=False)),
        "deleteOptions": {},
    }
    with pytest.raises(ApiError, match=r"can only evict pods with spec\.nodeName set to itself"):
        joined.post("/api/v1/namespaces/default/pods/elsewhere/eviction", other)


def test_the_nodes_are_told_to_operations(running: Running, joined: Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    for asked, found in (([running.worker.id], 1), ([running.worker.id, "i-0fffffffffffffff0"], 1), ([], 0)):
        monkeypatch.setenv(ARGUMENTS, json.dumps({"instances": asked}))
        answer = json.loads(running.nodes[0].command(nodes))["nodes"]
        assert len(answer) == found
        assert all(node == {"ready": False, "kubelet": ""} for node in answer.values())


def stored(running: Running, name: str) -> bytes:
    """What etcd holds of a Secret."""
    answer = running.etcd.members[0].etcdctl("get", f"/registry/secrets/default/{name}")
    return base64.b64decode(answer["kvs"][0]["value"])


def test_secrets_are_encrypted_and_the_audit_log_names_the_actor_and_no_body(running: Running) -> None:
    running.api.run("create", "secret", "generic", "kept", "--namespace=default", "--from-literal=word=hunter2hunter2")
    assert stored(running, "kept").startswith(b"k8s:enc:secretbox:v1:key-1:")
    assert b"hunter2" not in stored(running, "kept")
    log = running.nodes[0].host.path(f"{AUDIT_LOGS}/audit.log")

    def created() -> list[dict[str, Any]]:
        events = [json.loads(line) for line in log.read_text().splitlines()]
        return [one for one in events if one.get("objectRef", {}).get("name") == "kept" and one["verb"] == "create"]

    until("the audit event", created)
    (event,) = created()
    assert event["user"]["username"] == "kubernetes-admin"
    assert event["level"] == "Metadata"
    for secret in (b"hunter2hunter2", base64.b64encode(b"hunter2hunter2")):
        assert secret not in log.read_bytes()


def test_a_rotated_key_is_loaded_live_and_every_secret_is_written_anew(
    running: Running, monkeypatch: pytest.MonkeyPatch, measured: Callable[[str], None]
) -> None:
    secret = f"demo/{stand.INCARNATION}/encryption"
    value = {"keys": [stand.encryption_key("key-2", 9), stand.encryption_key()]}
    before = json.loads(running.nodes[0].command(encryption_status))["loaded"]
    assert before == config_hash(running.secrets["encryption"])
    running.api.run("create", "secret", "generic", "old", "--namespace=default", "--from-literal=word=one")
    aws("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps(value))
    starts = [node.host.starts for node in running.nodes if isinstance(node.host, ControlPlaneHost)]
    counted = [dict(one) for one in starts]
    for node in running.nodes:
        assert "key-2, key-1, new" in node.command(refresh)

    def loaded() -> bool:
        answers = [json.loads(node.command(encryption_status))["loaded"] for node in running.nodes]
        return answers == [config_hash(value)] * 2

    measured(f"agent: encryption keys loaded by both servers after {until('the reload', loaded, 120):.0f} s")
    assert starts == counted
    monkeypatch.setenv(ARGUMENTS, json.dumps({"key": "key-2"}))
    answer = json.loads(running.nodes[0].command(rewrite_secrets))
    assert answer["found"] == answer["written"] >= 2
    assert answer["others"] == 0
    assert stored(running, "old").startswith(b"k8s:enc:secretbox:v1:key-2:")
    monkeypatch.setenv(ARGUMENTS, json.dumps({"key": "key-9"}))
    assert json.loads(running.nodes[0].command(rewrite_secrets))["others"] == answer["found"]
    # With the old key gone every Secret is still read.
    aws("secretsmanager").put_secret_value(SecretId=secret, SecretString=json.dumps({"keys": value["keys"][:1]}))
    for node in running.nodes:
        node.command(refresh)
    assert "key-1" not in (running.nodes[0].host.read(ENCRYPTION) or "")


def test_certificates_are_renewed_by_a_clock_set_forward_and_others_serve_meanwhile(running: Running) -> None:
    first, second = running.nodes

    def renew(days: float) -> str:
        moment = datetime.now(UTC) + timedelta(days=days)
        return first.command(lambda agent: renewal.renew_certificates(agent, own_api(agent)), now=lambda: moment)

    assert "nothing is due" in renew(240)
    serial = x509.load_pem_x509_certificate(first.host.path(f"{PKI}/apiserver.crt").read_bytes()).serial_number
    assert renew(250).startswith("renewed 7 certificates, restarted kube-scheduler, kube-controller-manager, kube-api")
    renewed = x509.load_pem_x509_certificate(first.host.path(f"{PKI}/apiserver.crt").read_bytes())
    assert renewed.serial_number != serial
    assert servers(running)[0].api.ready()
    # The renewed credential works, and the other node was left alone.
    assert running.api.run("get", "--raw=/readyz") == "ok"
    assert isinstance(second.host, ControlPlaneHost)
    assert second.host.starts["kube-apiserver"] == 1


def test_an_api_server_is_stopped_for_a_restore_and_started_after_it(running: Running) -> None:
    second = running.nodes[1]
    assert json.loads(second.command(stop_api_server)) == {"stopped": True}
    assert not servers(running)[1].api.running
    # Said twice it is the same, and the other serves.
    assert json.loads(second.command(stop_api_server)) == {"stopped": True}
    assert servers(running)[0].api.ready()
    assert json.loads(second.command(start_api_server)) == {"started": True}
    assert servers(running)[1].api.ready()


def test_a_member_that_is_down_does_not_keep_a_node_from_being_replaced(running: Running) -> None:
    running.etcd.members[2].kill()
    try:
        third = make_node(running.site, 2)
        third.boot(control_plane.PHASES)
        assert any(line.startswith("quorum: 2 of 3 members are well") for line in third.lines)
        own = own_api(third.agent())
        assert own.run("get", "--raw=/readyz") == "ok"
        assert own.find("clusterrolebinding", AUTO_APPROVAL) is None
    finally:
        running.etcd.members[2].start()
        running.etcd.members[2].wait_healthy()
