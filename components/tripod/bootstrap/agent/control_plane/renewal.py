"""Renewal of a control-plane node's certificates after two thirds of their lifetime."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from ..core.errors import AgentError, RetryableError
from ..core.typed_json import JsonObject
from ..host.certificates import WORK, Validity, validity
from ..host.command_io import answer
from ..host.host import CommandError
from ..instance.context import Agent
from ..node.kubeadm import run_kubeadm
from ..node.kubectl import Kubectl, await_own_api, own_api
from ..node.kubelet_renewal import renew_kubelet
from ..node.paths import ADMIN, CONTROLLER_MANAGER, ETCD_CLIENT_CERTIFICATE, MARKERS, PKI, SCHEDULER
from .certificates import ensure_etcd_certificate
from .restart_lease import acquire_lease, release_lease
from .static_pods import restart_static_pods

KUBEADM_CERTIFICATES = {
    f"{PKI}/{name}.crt": name for name in ("apiserver", "apiserver-kubelet-client", "front-proxy-client")
}
CERTIFICATES = (*KUBEADM_CERTIFICATES, ETCD_CLIENT_CERTIFICATE)
KUBECONFIGS = {ADMIN: "admin", CONTROLLER_MANAGER: "controller-manager", SCHEDULER: "scheduler"}
"""Kubeconfigs with a certificate each: file → kubeadm's name. The kubelet renews its own."""

PENDING = f"{MARKERS}/restart-pending"
"""A marker from the first new certificate until everything that uses one has been restarted."""

URGENT = 1 / 12
"""With this part of its lifetime left, a certificate is renewed even if no other node can serve meanwhile."""


def renew_certificates(agent: Agent, kubectl: Kubectl, *, before_time: bool = False) -> str:
    """Renew the certificates and restart what uses them, if they are due and another node can serve meanwhile.

    Args:
        agent: the node's agent.
        kubectl: its own API server.
        before_time: renew all of them though none is due, and fail if no other node could serve meanwhile.

    Raises:
        AgentError: a certificate cannot be read or renewed, or a component does not come back.
    """
    # An interrupted renewal is repeated: an unreadable certificate counts as due.
    validities = dict(_validities(agent))
    now = agent.now()
    due = sorted(path for path, one in validities.items() if before_time or one is None or one.is_due(now))
    pending = agent.host.path(PENDING).exists()
    if not due and not pending:
        first = min(one.end for one in validities.values() if one is not None)
        return f"nothing is due; the first ends on {first:%Y-%m-%d}"
    left = min(lifetime_left(one, now) for one in validities.values())
    holder = agent.identity().instance
    if left > URGENT and not _others_serve(agent, kubectl, holder):
        if before_time:
            raise AgentError("no other API server serves, or another node restarts: nothing was renewed")
        return "a renewal is due; it waits until another API server serves and no other node restarts"
    try:
        agent.host.write(PENDING, "")
        if due:
            _renew(agent, validities, due)
        restarted = restart_static_pods(agent)
        agent.host.path(PENDING).unlink()
    finally:
        _release_lease(agent, kubectl, holder)
    return f"renewed {len(due)} certificates, {restarted}"


def _renew(agent: Agent, before: Mapping[str, Validity | None], due: Sequence[str]) -> None:
    for path, one in before.items():
        if one is None:
            _issue_anew(agent, path)
    run_kubeadm(agent.host, "certs", "renew", "all")
    ensure_etcd_certificate(agent)
    after = dict(_validities(agent))
    old = [path for path in due if not _is_newer(after[path], before[path])]
    if old:
        raise AgentError(f"kubeadm says that it has renewed the certificates, and not these: {', '.join(old)}")


def _issue_anew(agent: Agent, path: str) -> None:
    """Replace a file that kubeadm cannot read: it would renew none then, and does not write them at one stroke."""
    if path in KUBECONFIGS:
        agent.host.path(path).unlink(missing_ok=True)
        run_kubeadm(agent.host, "init", "phase", "kubeconfig", KUBECONFIGS[path])
    elif path in KUBEADM_CERTIFICATES:
        for file in (path, path.removesuffix("crt") + "key"):
            agent.host.path(file).unlink(missing_ok=True)
        run_kubeadm(agent.host, "init", "phase", "certs", KUBEADM_CERTIFICATES[path])


def _is_newer(one: Validity | None, other: Validity | None) -> bool:
    return one is not None and (other is None or one.end > other.end)


def other_servers(endpoint_slices: Sequence[JsonObject], own: str) -> frozenset[str]:
    """Addresses of the other API servers, from the endpoint slices of the Service ``kubernetes``.

    A server that has stopped leaves them within seconds.
    """
    endpoints: list[JsonObject] = [one for found in endpoint_slices for one in found.get("endpoints") or ()]
    return frozenset(str(address) for one in endpoints for address in one["addresses"]) - {own}


def _others_serve(agent: Agent, kubectl: Kubectl, holder: str) -> bool:
    label = "--selector=kubernetes.io/service-name=kubernetes"
    own = agent.identity().address
    slices = agent.retry("API", lambda: kubectl.list("endpointslices", "--namespace=default", label))
    return bool(other_servers(slices, own)) and agent.retry(
        "restart lease", lambda: acquire_lease(agent, kubectl, holder)
    )


def _release_lease(agent: Agent, kubectl: Kubectl, holder: str) -> None:
    try:
        release_lease(kubectl, holder)
    except (AgentError, RetryableError) as error:
        # It expires; an earlier error must not be hidden by this one.
        agent.log(f"the restart lease is not released: {error}")


def lifetime_left(valid: Validity | None, now: datetime) -> float:
    """Return the part of a certificate's lifetime that is left: 1 at its start, 0 from its end on or without one."""
    if valid is None:
        return 0.0
    return min(1.0, max(0.0, (valid.end - now) / (valid.end - valid.begin)))


def _validities(agent: Agent) -> Iterator[tuple[str, Validity | None]]:
    """Path → validity of its certificate; None if none can be read."""
    for path in CERTIFICATES:
        yield path, _validity(agent, path)
    copy = f"{WORK}/renewal.crt"
    for path in KUBECONFIGS:
        agent.host.write(copy, _embedded_certificate(agent, path))
        yield path, _validity(agent, copy)
    agent.host.path(copy).unlink()


def _validity(agent: Agent, path: str) -> Validity | None:
    try:
        return validity(agent.host, path)
    except CommandError:
        return None


def _embedded_certificate(agent: Agent, path: str) -> str:
    """Extract the certificate of a kubeconfig. The file is YAML, which kubectl reads."""
    field = "--output=jsonpath={.users[0].user.client-certificate-data}"
    try:
        found = agent.host.run("kubectl", f"--kubeconfig={agent.host.path(path)}", "config", "view", "--raw", field)
        return base64.b64decode(found, validate=True).decode()
    except (CommandError, binascii.Error, ValueError):
        return ""


def renew_control_plane_now(agent: Agent) -> str:
    """Renew a control-plane node's certificates and its kubelet's, and restart what uses them.

    Raises:
        AgentError: no other node could serve meanwhile, or something does not come back.
    """
    said = renew_certificates(agent, own_api(agent), before_time=True)
    await_own_api(agent)
    return answer(said=f"{said}; {renew_kubelet(agent)}")
