"""Commands that `tripod` runs on a control-plane node: nodes, encryption keys, stop and start of the API server.

Each command prints one line of JSON, all that SSM returns.
"""

import re

from ..core.errors import AgentError, RetryableError
from ..core.typed_json import JsonObject
from ..etcd.encryption_keys import SECRETS, WRITTEN_WITH
from ..host.command_io import ARGUMENTS, answer, arguments
from ..instance.context import Agent
from ..instance.topology import topology
from ..node.kubectl import ApiError, Kubectl, await_own_api, own_api
from ..node.paths import KUBERNETES, MANIFESTS
from .api_server_files import refresh_encryption
from .static_pods import running_containers
from .stored_values import RangeQuery, range_query, values

STOPPED_MANIFEST = f"{KUBERNETES}/stopped/kube-apiserver.yaml"
"""The API server's manifest while it is stopped, also over a restart of the instance."""

_MANIFEST = f"{MANIFESTS}/kube-apiserver.yaml"
_LOADED = re.compile(
    r"^apiserver_encryption_config_controller_last_config_info"
    r'\{([^}]*,)?hash="sha256:(?P<hash>[0-9a-f]{64})"',
    re.MULTILINE,
)


def nodes(agent: Agent) -> str:
    """Print readiness and kubelet version of some instances' nodes, as the API server has them."""
    names: list[str] = list(arguments().get("instances", []))
    if not names:
        return answer(nodes={})
    kubectl = own_api(agent)
    found = agent.retry("nodes", lambda: kubectl.json("get", "nodes", *names, "--ignore-not-found", "--output=json"))
    # kubectl prints one object where one name was given.
    bodies: list[JsonObject] = found.get("items", [found] if found else [])
    return answer(nodes={body["metadata"]["name"]: _node_state(body) for body in bodies})


def _node_state(body: JsonObject) -> dict[str, str | bool]:
    status = body.get("status", {})
    ready = any(one["type"] == "Ready" and one["status"] == "True" for one in status.get("conditions", []))
    return {"ready": ready, "kubelet": status.get("nodeInfo", {}).get("kubeletVersion", "")}


def encryption_status(agent: Agent) -> str:
    """Print the hash of the encryption configuration that the API server has loaded; null if it reports none."""
    kubectl = own_api(agent)
    found = _LOADED.finditer(agent.retry("metrics", lambda: kubectl.run("get", "--raw=/metrics")))
    hashes = [one["hash"] for one in found]
    # After a reload the old one is gone; with two, the loaded one is unknown.
    return answer(loaded=hashes[0] if len(hashes) == 1 else None)


def refresh_encryption_now(agent: Agent) -> str:
    """Update the encryption keys now."""
    return answer(said=refresh_encryption(agent))


def rewrite_secrets(agent: Agent, query: RangeQuery | None = None) -> str:
    """Rewrite every Secret unchanged, and count those still encrypted with another key.

    Raises:
        AgentError: no key was named, or the API or etcd does not answer in time.
    """
    key = arguments().get("key")
    if not isinstance(key, str) or not key:
        raise AgentError(f"{ARGUMENTS} names no key")
    kubectl = own_api(agent)
    secrets = agent.retry("secrets", lambda: kubectl.list("secrets", "--all-namespaces"))
    written = sum(agent.retry("rewrite", lambda one=one: _rewrite(kubectl, one)) for one in secrets)
    # Counted in etcd itself, not by the API server's answers.
    fetch_range = query or range_query(agent.host, tuple(topology(agent).values()))
    start = f"{WRITTEN_WITH}{key}:".encode()
    others = agent.retry("count", lambda: sum(not one.startswith(start) for one in values(fetch_range, SECRETS)))
    return answer(found=len(secrets), written=written, others=others)


def _rewrite(kubectl: Kubectl, secret: JsonObject) -> bool:
    """Rewrite a Secret; True also if another client has written or removed it meanwhile."""
    metadata = secret["metadata"]
    try:
        kubectl.put(f"/api/v1/namespaces/{metadata['namespace']}/secrets/{metadata['name']}", secret)
    except ApiError as error:
        return error.reason in ("Conflict", "NotFound")
    return True


def stop_api_server(agent: Agent) -> str:
    """Stop the API server until it is started again, also over a restart of the instance.

    Raises:
        AgentError: it does not end in time.
    """
    manifest, stopped = agent.host.path(_MANIFEST), agent.host.path(STOPPED_MANIFEST)
    if manifest.exists():
        stopped.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        manifest.rename(stopped)
    elif not stopped.exists():
        raise AgentError(f"there is no {_MANIFEST}: this node has no API server")

    def check() -> None:
        if running_containers(agent.host, "kube-apiserver"):
            raise RetryableError("the kubelet has not stopped kube-apiserver")

    agent.retry("stop of kube-apiserver", check)
    return answer(stopped=True)


def start_api_server(agent: Agent) -> str:
    """Start the API server that was stopped, and wait until it is ready.

    Raises:
        AgentError: it is not ready in time.
    """
    manifest, stopped = agent.host.path(_MANIFEST), agent.host.path(STOPPED_MANIFEST)
    if stopped.exists():
        stopped.rename(manifest)
    elif not manifest.exists():
        raise AgentError(f"there is no {_MANIFEST}: this node has no API server")
    await_own_api(agent)
    return answer(started=True)
