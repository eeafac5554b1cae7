"""Requests for certificates, as kubelets make them, and what becomes of them."""

import base64

from support.controlplane.instances.waiting import until
from support.controlplane.kubernetes_agent import InstanceHost
from support.controlplane.kubernetes_cluster import Cluster
from tripod.bootstrap.agent.node.csr import SERVING_SIGNER
from tripod.bootstrap.agent.node.kubectl import Kubectl


def request(kubectl: Kubectl, host: InstanceHost, name: str, node: str, signer: str, alternatives: str = "") -> None:
    """Ask for a certificate as a kubelet does; its key stays on the instance, in /root.

    Args:
        kubectl: the API, as whoever asks.
        host: the instance.
        name: what the request is called.
        node: the node that it names.
        signer: who is to sign it.
        alternatives: names and addresses to serve as, such as DNS:one,IP:10.0.0.1.
    """
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


def decided(running: Cluster, name: str) -> str:
    """The decision on a request; empty where nothing was."""
    found = running.api.find("csr", name) or {}
    return "".join(condition["type"] for condition in found["status"].get("conditions", []))


def issued(running: Cluster, name: str) -> str:
    """The certificate that was asked for, once it is signed."""

    def signed() -> str:
        return (running.api.find("csr", name) or {})["status"].get("certificate", "")

    until(f"the certificate {name}", signed, 30)
    return base64.b64decode(signed()).decode()
