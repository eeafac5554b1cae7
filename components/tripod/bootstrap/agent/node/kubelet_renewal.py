"""Renewal of a kubelet's client and serving certificates before they are due."""

import base64
import secrets

from ..core.errors import AgentError, RetryableError
from ..core.typed_json import JsonObject
from ..host.command_io import answer
from ..instance.context import Agent
from .csr import CLIENT_SIGNER
from .kubectl import Kubectl
from .kubelet_unit import UNIT
from .paths import KUBELET, KUBELET_CLIENT, KUBELET_STATE

SERVING = f"{KUBELET_STATE}/pki/kubelet-server-current.pem"
HEALTH = "http://127.0.0.1:10248/healthz"


def renew_kubelet(agent: Agent) -> str:
    """Renew the kubelet's certificates, and restart it with them.

    A kubelet renews its client certificate only late in its lifetime, so this requests one as the kubelet would: with
    the present certificate, for the same name, with a new key. It requests the serving certificate when it starts.

    Raises:
        AgentError: the request is denied, or the kubelet does not become healthy.
    """
    host, name = agent.host, agent.identity().instance
    kubectl = Kubectl(host, KUBELET)
    key = host.run("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
    subject = f"/O=system:nodes/CN=system:node:{name}"
    # The key is passed by standard input: it must not be in a file before it has a certificate.
    request = host.run("openssl", "req", "-new", "-key", "/dev/stdin", "-subj", subject, given=key)
    called = f"tripod-{name}-{secrets.token_hex(4)}"
    agent.retry("request for a certificate", lambda: kubectl.create(_request(called, request)))
    issued = agent.retry("certificate of the kubelet", lambda: _issued_certificate(kubectl, called))
    dated = f"{KUBELET_STATE}/pki/kubelet-client-{agent.now():%Y-%m-%d-%H-%M-%S}.pem"
    host.write(dated, issued + key, 0o600)
    _link_current(agent, dated)
    host.path(SERVING).unlink(missing_ok=True)
    host.run("systemctl", "restart", UNIT)
    agent.retry("the kubelet's start", lambda: _check_healthy(agent))
    return "a new client and a new serving certificate of the kubelet"


def _request(name: str, request: str) -> JsonObject:
    return {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": name},
        "spec": {
            "signerName": CLIENT_SIGNER,
            "request": base64.b64encode(request.encode()).decode(),
            "usages": ["digital signature", "client auth"],
        },
    }


def _issued_certificate(kubectl: Kubectl, name: str) -> str:
    """Read the certificate that was issued for a request.

    Raises:
        AgentError: it was denied.
        RetryableError: it is not issued yet.
    """
    found = kubectl.find("certificatesigningrequest", name) or {}
    status: JsonObject = found.get("status", {})
    refused = [one for one in status.get("conditions", []) if one["type"] in ("Denied", "Failed")]
    if refused:
        raise AgentError(f"the request {name} was {refused[0]['type'].lower()}: {refused[0].get('message', '')}")
    if not status.get("certificate"):
        raise RetryableError(f"nobody has signed {name}")
    return base64.b64decode(status["certificate"]).decode()


def _link_current(agent: Agent, dated: str) -> None:
    """Point the kubelet's current certificate at another file, atomically."""
    current = agent.host.path(KUBELET_CLIENT)
    link = current.with_name(f".{current.name}")
    link.unlink(missing_ok=True)
    link.symlink_to(agent.host.path(dated).name)
    link.replace(current)


def _check_healthy(agent: Agent) -> None:
    if not agent.host.path(SERVING).exists():
        raise RetryableError("it has no serving certificate")
    if not agent.host.succeeds("curl", "--silent", "--fail", "--max-time", "10", "--output", "/dev/null", HEALTH):
        raise RetryableError(f"it does not say at {HEALTH} that it is well")


def renew_worker_now(agent: Agent) -> str:
    """Renew a worker's kubelet's certificates.

    Raises:
        AgentError: they are not issued, or the kubelet does not come back.
    """
    return answer(said=renew_kubelet(agent))
