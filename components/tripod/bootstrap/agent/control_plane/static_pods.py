"""Restart of static pods: one after another, each healthy before the next."""

from ..core.errors import RetryableError
from ..host.host import CommandError, Host
from ..instance.context import Agent
from ..node.kubeadm_config import API_SERVER_GRACE_SECONDS

HEALTH = {
    "kube-scheduler": "https://127.0.0.1:10259/healthz",
    "kube-controller-manager": "https://127.0.0.1:10257/healthz",
    "kube-apiserver": "https://{address}:6443/readyz",
}
"""Component → health endpoint, in the order of restarts."""


def restart_static_pods(agent: Agent) -> str:
    """Restart the components, one after another.

    The container is stopped and the kubelet starts it again. Its file is not moved away meanwhile, as is often done:
    an agent that dies in between would leave a node without an API server.

    Raises:
        AgentError: one of them is not healthy again in time; the following ones are not restarted.
    """
    address = agent.identity().address
    for component, url in HEALTH.items():
        before = running_containers(agent.host, component)
        for container in before:
            # The others end at once.
            grace = API_SERVER_GRACE_SECONDS
            agent.host.run("crictl", "stop", f"--timeout={grace}", container, seconds=grace + 60)
        place = url.format(address=address)
        agent.retry(
            f"restart of {component}",
            lambda component=component, before=before, place=place: _check_restarted(
                agent.host, component, before, place
            ),
        )
    return f"restarted {', '.join(HEALTH)}"


def _check_restarted(host: Host, component: str, before: frozenset[str], url: str) -> None:
    """Check that a component runs in a new container and is healthy.

    Raises:
        RetryableError: not yet.
    """
    now = running_containers(host, component)
    if not now or now & before:
        raise RetryableError(f"the kubelet has not started {component} again")
    # The scheduler's and the controller manager's certificates are self-signed, and the kubelet does not verify them.
    if not host.succeeds("curl", "--silent", "--fail", "--insecure", "--max-time", "10", "--output", "/dev/null", url):
        raise RetryableError(f"{component} does not say at {url} that it is well")


def running_containers(host: Host, component: str) -> frozenset[str]:
    """Ids of a component's running containers.

    Raises:
        RetryableError: the runtime does not answer.
    """
    try:
        printed = host.run("crictl", "ps", "--quiet", "--state=running", f"--name=^{component}$")
    except CommandError as error:
        raise RetryableError(str(error)) from error
    return frozenset(printed.split())
