"""Join of a worker: the token, the discovery file, and the version skew policy."""

import base64
import json
import re

from ..core.errors import AgentError, RetryableError
from ..host.memory import memory_mib
from ..instance.context import Agent
from ..node.join_token import PATTERN
from ..node.kubeadm import run_kubeadm
from ..node.kubeadm_cleanup import WORKER_LEFTOVERS, clean_up_kubeadm, is_done, mark_done
from ..node.kubeadm_config import join_configuration, worker_patches
from ..node.kubectl import ApiError, Kubectl
from ..node.kubelet_unit import restrict_kubelet_files
from ..node.paths import BOOTSTRAP_KUBELET, DISCOVERY, KUBEADM, KUBELET, KUBELET_CLIENT, WORKER_MARKER

JOIN_SECONDS = 1500


def discovery_file(cluster: str, endpoint: str, certificate: str, token: str) -> str:
    """Render the kubeconfig for `kubeadm join`: the API's endpoint, its CA and the token.

    Args:
        cluster: the cluster's name.
        endpoint: the API's name and port.
        certificate: the cluster CA's certificate (PEM). No answer of the API can replace it.
        token: the join token.
    """
    authority = base64.b64encode(certificate.encode()).decode()
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": cluster,
                    "cluster": {"server": f"https://{endpoint}", "certificate-authority-data": authority},
                }
            ],
            "users": [{"name": "join", "user": {"token": token}}],
            "contexts": [{"name": "join", "context": {"cluster": cluster, "user": "join"}}],
            "current-context": "join",
        }
    )


def version_problem(kubelet: str, server: str) -> str:
    """Reason why a kubelet may not run with an API server; empty if it may.

    By Kubernetes' skew policy its minor version may not be newer: a server of an older patch release may answer
    while the control plane is rolled.

    Args:
        kubelet: its version: ``1.36.4``.
        server: the server's: ``v1.36.4``.
    """
    found, limit = _minor(kubelet), _minor(server)
    if found is None or limit is None:
        return f"the kubelet's version {kubelet!r} or the server's {server!r} cannot be read"
    if found > limit:
        return (
            f"the kubelet is {kubelet}, newer than the API server, which is {server}: upgrade the control plane first"
        )
    return ""


def _minor(version: str) -> tuple[int, int] | None:
    found = re.match(r"v?(\d+)\.(\d+)(\.|$)", version)
    return (int(found[1]), int(found[2])) if found else None


def prepare_join(agent: Agent) -> str:
    """Write kubeadm's files, once the token is accepted and the server is not older than the kubelet.

    Raises:
        AgentError: there was no good token, or no server new enough, in time.
    """
    if is_done(agent, WORKER_MARKER) or _has_joined(agent):
        return "no token is needed any more"
    server = agent.retry("join token", lambda: _try_token(agent))
    for path, patch in worker_patches(memory_mib(agent.host)).items():
        agent.host.write(path, patch, 0o600)
    agent.host.write(KUBEADM, join_configuration(agent.config.worker, agent.identity()), 0o600)
    return f"the token is good, the server is {server}"


def _try_token(agent: Agent) -> str:
    """Write the discovery file, and try it.

    Returns:
        The server's version.

    Raises:
        RetryableError: there is no good token yet, or no server that is new enough.
    """
    document = agent.config.worker
    parameter = document.join_token_parameter
    # Fetched at every try: it may have been rotated, or an old one have expired while no control plane was there.
    token = (agent.aws.parameter(parameter) or "").strip()
    if not PATTERN.fullmatch(token):
        raise RetryableError(f"{parameter} holds no token yet: the control plane puts it there")
    text = discovery_file(document.cluster, document.endpoint, document.certificate, token)
    agent.host.write(DISCOVERY, text, 0o600)
    try:
        server = Kubectl(agent.host, DISCOVERY).json("get", "--raw=/version")["gitVersion"]
    except ApiError as error:
        raise RetryableError(f"the API does not accept the token in {parameter}: {error}") from error
    problem = version_problem(document.version, server)
    if problem:
        raise RetryableError(problem)
    return server


def clean_up_join(agent: Agent) -> str:
    """Clean up after an interrupted join, unless the node has its certificate: then the join has succeeded."""
    if _has_joined(agent) and not is_done(agent, WORKER_MARKER):
        return "an earlier try has come as far as the node's certificate"
    return clean_up_kubeadm(agent, WORKER_MARKER, WORKER_LEFTOVERS)


def join(agent: Agent) -> str:
    """Run `kubeadm join`, once.

    Raises:
        AgentError: kubeadm fails.
    """
    if not is_done(agent, WORKER_MARKER):
        if not _has_joined(agent):
            run_kubeadm(agent.host, "join", seconds=JOIN_SECONDS)
        if not _has_joined(agent):
            raise AgentError("kubeadm has ended well, and the kubelet has no certificate: see `journalctl -u kubelet`")
        restrict_kubelet_files(agent.host)
        mark_done(agent, WORKER_MARKER)
    # The token is no longer needed: from now on the node has its own certificate.
    for path in (DISCOVERY, BOOTSTRAP_KUBELET):
        agent.host.path(path).unlink(missing_ok=True)
    agent.host.run("systemctl", "start", "kubelet.service")
    return "kubeadm is done"


def _has_joined(agent: Agent) -> bool:
    return all(agent.host.path(path).exists() for path in (KUBELET, KUBELET_CLIENT))
