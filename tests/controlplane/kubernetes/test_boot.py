"""Control-plane nodes come up by themselves on real etcd and real servers, from the product's own documents."""

import base64
import json
import re
from dataclasses import replace

from cryptography import x509

from support.controlplane.kubernetes_cluster import Cluster, control_plane_of
from tripod.bootstrap.agent.control_plane import role as control_plane
from tripod.bootstrap.agent.control_plane.csr_approver import AUTO_APPROVAL
from tripod.bootstrap.agent.node.kubeadm_config import control_plane_configuration
from tripod.bootstrap.agent.node.kubectl import Kubectl, own_api
from tripod.bootstrap.agent.node.paths import ADMIN, PKI, SUPER_ADMIN
from tripod.bootstrap.documents import image_supply
from tripod.supply.versions import KUBERNETES


def test_a_node_is_up_and_its_lines_say_how(running: Cluster) -> None:
    first = running.nodes[0]
    assert [line.split(":")[0] for line in first.lines][-5:] == ["init", "api", "rights", "join-token", "services"]
    assert all(server.api.ready() for server in running.servers)
    # What would let anybody in whom RBAC does not know is gone; what RBAC knows works.
    assert not first.host.path(SUPER_ADMIN).exists()
    assert running.api.run("auth", "whoami", "--output=jsonpath={.status.userInfo.groups}").count("cluster-admins")


def test_nodes_that_booted_apart_trust_one_another(running: Cluster) -> None:
    first, second = running.nodes
    second.host.write("/root/other.conf", first.host.read(ADMIN) or "", 0o600)
    server = f"https://{running.address(1)}:6443"
    assert Kubectl(second.host, "/root/other.conf", server).run("get", "--raw=/readyz") == "ok"
    # A token that one signs is one for the other.
    token = running.api.run("create", "token", "default", "--namespace=default").strip()
    assert running.bearer(token, server=1).name() == "system:serviceaccount:default:default"
    claims = json.loads(base64.urlsafe_b64decode(token.split(".")[1] + "=="))
    assert claims["iss"] == "https://issuer.example.com"
    # It is no token for AWS, and one for AWS is none for the API.
    assert claims["aud"] == ["https://kubernetes.default.svc.cluster.local"]
    other = running.api.run("create", "token", "default", "--namespace=default", "--audience=sts.amazonaws.com")
    assert running.bearer(other.strip()).name() is None


def test_a_servers_certificate_is_good_for_every_name_of_the_api(running: Cluster) -> None:
    pem = running.nodes[0].host.path(f"{PKI}/apiserver.crt").read_bytes()
    names = x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"api.demo.internal", "public.example.com", "kubernetes.default.svc.cluster.local", "localhost"} <= set(
        names.get_values_for_type(x509.DNSName)
    )
    wanted = {"127.0.0.1", "10.96.0.1", running.address(0)}
    assert wanted <= {str(one) for one in names.get_values_for_type(x509.IPAddress)}


def test_the_clusters_dns_has_the_address_that_kubelets_have(running: Cluster) -> None:
    config, api = running.nodes[0].agent().config.control_plane, running.api
    service = json.loads(api.run("get", "service", "kubernetes", "--namespace=default", "--output=json"))
    assert service["spec"]["clusterIP"] == config.api_service_address == "10.96.0.1"
    kubelets = (api.find("configmap", "kubelet-config", "kube-system") or {})["data"]["kubelet"]
    assert f"clusterDNS:\n- {config.dns_address}\n" in kubelets
    # The server would give it to a Service of that name, and one image is pulled after another.
    made = ("create", "service", "clusterip", "kube-dns", "--namespace=kube-system", "--dry-run=server", "--tcp=53")
    given = json.loads(api.run(*made, f"--clusterip={config.dns_address}", "--output=json"))
    assert given["spec"]["clusterIP"] == "10.96.0.10"
    assert "serializeImagePulls: true\n" in kubelets


def test_with_a_mirror_every_image_lies_in_it(running: Cluster) -> None:
    """As kubeadm lists what it will run, and the pause image is the one of containerd's configuration."""
    node, mirror = running.nodes[0], "mirror.example.com/k8s"
    document, images = node.agent().config.control_plane, image_supply({"registry.k8s.io": mirror})
    document = replace(document, supply=replace(document.supply, images=images))
    text = control_plane_configuration(document, ["10.0.0.1"], node.agent().identity())
    node.host.write("/root/mirrored.yaml", text)
    listed = node.host.really("kubeadm", "config", "images", "list", "--config=/root/mirrored.yaml").split()
    assert {image.rpartition(":")[0] for image in listed} == {
        f"{mirror}/{name}" for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler", "pause")
    }
    assert images.pause in listed
    # Each by its version, in the manifests that run now too.
    assert not [image for image in listed if image.endswith(":latest") or ":" not in image]
    for process in running.servers[0].pods:
        assert process.container["image"] == f"registry.k8s.io/{process.component}:v{KUBERNETES}"


def test_a_member_that_is_down_does_not_keep_a_node_from_being_replaced(running: Cluster) -> None:
    member, third = running.etcd.members[2], running.spare_node()
    member.kill()
    try:
        third.boot(control_plane.PHASES)
        # One where the member led: the others elect meanwhile, and one's answer proves a majority.
        assert any(re.match("quorum: [12] of 3 members are well; ", line) for line in third.lines)
        own = own_api(third.agent())
        assert own.run("get", "--raw=/readyz") == "ok"
        assert own.find("clusterrolebinding", AUTO_APPROVAL) is None
        assert control_plane_of(third).api.ready()
    finally:
        running.network.give_up(third.host.instance)
        member.start()
        member.wait_healthy()
