"""Role control-plane: every node runs `kubeadm init` with the shared PKI; nodes are replaced, not repaired."""

from collections.abc import Callable, Mapping

from ..core.errors import AgentError
from ..core.phases import Phase
from ..host.command_io import answer
from ..host.memory import memory_mib
from ..host.services import Service, install_service
from ..host.units import Timer, install_timer
from ..instance.context import Agent
from ..instance.topology import topology
from ..node.join_token import Rotation, rotate, rotate_now
from ..node.kubeadm import run_kubeadm
from ..node.kubeadm_cleanup import CONTROL_PLANE_LEFTOVERS, clean_up_kubeadm, is_done, mark_done
from ..node.kubeadm_config import control_plane_configuration, control_plane_patches
from ..node.kubectl import await_own_api, own_api
from ..node.kubelet_unit import UNIT, restrict_kubelet_files
from ..node.paths import CONTROL_PLANE_MARKER, KUBEADM, KUBELET, RIGHTS_MARKER, SUPER_ADMIN
from ..node.phases import NODE_PHASES
from .api_server_files import write_api_server_files
from .certificates import ensure_etcd_certificate
from .csr_approver import Approver, run_approver
from .etcd_quorum import await_quorum
from .operator_commands import (
    encryption_status,
    nodes,
    refresh_encryption_now,
    rewrite_secrets,
    start_api_server,
    stop_api_server,
)
from .rbac import manifests
from .release_aws_resources import held_resources, release
from .renewal import renew_certificates, renew_control_plane_now
from .shared_pki import require_consistent_pki, write_shared_pki

INIT_SECONDS = 2400
"""Seconds for pulling images and starting three components, also on an emulated processor."""

DAY = 24 * 60

APPROVER = Service("approve", "decide on kubelets' certificates")
TIMERS = (
    Timer("join-token", "rotate the token that workers join with", int(Rotation().interval.total_seconds() // 60), 5),
    Timer("refresh-encryption", "bring the keys up to date that encrypt Secrets", 30, 5),
    Timer("renew", "renew this node's certificates in time", DAY, 60),
)


def write_kubeadm_file(agent: Agent) -> str:
    """Write kubeadm's configuration and patches. A later renewal reads the first too."""
    members = topology(agent).values()
    document = agent.config.control_plane
    text = control_plane_configuration(document, members, agent.identity())
    for path, patch in control_plane_patches(document.accepted_issuers, memory_mib(agent.host)).items():
        agent.host.write(path, patch, 0o600)
    changed = agent.host.write(KUBEADM, text, 0o600)
    return f"{KUBEADM} is {'written' if changed else 'as it was'}, for {len(members)} members of etcd"


def initialise(agent: Agent) -> str:
    """Run `kubeadm init`, once.

    Raises:
        AgentError: a shared file does not fit, or kubeadm fails.
    """
    if is_done(agent, CONTROL_PLANE_MARKER):
        return "kubeadm is done"
    # Once more, right before kubeadm would make its own.
    require_consistent_pki(agent.host)
    # Its output ends in logs with more readers than this node has.
    quiet = ("--skip-token-print", "--skip-certificate-key-print")
    run_kubeadm(agent.host, "init", *quiet, seconds=INIT_SECONDS)
    _point_at_own_api(agent)
    # See rbac: the break-glass credential is made when it is needed.
    agent.host.path(SUPER_ADMIN).unlink(missing_ok=True)
    restrict_kubelet_files(agent.host)
    mark_done(agent, CONTROL_PLANE_MARKER)
    return "kubeadm is done"


def _point_at_own_api(agent: Agent) -> None:
    """Have the kubelet connect to its own node's API server.

    kubeadm does so by now. Through the load balancer, a kubelet of the next minor version could reach a server of the
    one before, which is not allowed, and a node would need another one to start.
    """
    own, kubelet = own_api(agent).server or "", f"--kubeconfig={agent.host.path(KUBELET)}"
    server = agent.host.run("kubectl", kubelet, "config", "view", "--output=jsonpath={.clusters[0].cluster.server}")
    if server.strip() == own:
        return
    cluster = agent.host.run("kubectl", kubelet, "config", "view", "--output=jsonpath={.clusters[0].name}").strip()
    agent.host.run("kubectl", kubelet, "config", "set-cluster", cluster, f"--server={own}")
    agent.host.run("systemctl", "restart", UNIT)


def apply_rbac(agent: Agent) -> str:
    """Apply the roles and their bindings, once, and remove kubeadm's automatic approval.

    Once: a node keeps its document, and one that reboots after newer nodes have come must not put old rights back.

    Raises:
        AgentError: the document names an unknown role, or the API does not accept them in time.
    """
    groups = agent.config.control_plane.groups
    try:
        objects = manifests(groups)
    except ValueError as error:
        raise AgentError(f"the role's document binds groups to a role that there is not: {error}") from error
    kubectl = own_api(agent)
    agent.retry("rights", Approver(agent, kubectl).remove_auto_approval)
    if is_done(agent, RIGHTS_MARKER):
        return "this instance has applied its rights"
    agent.retry("rights", lambda: kubectl.apply(objects))
    mark_done(agent, RIGHTS_MARKER)
    bound = sum(len(names) for names in groups.values())
    return f"{len(objects)} objects, {bound} groups"


def start_services(agent: Agent) -> str:
    """Install the approver's service and the timers."""
    install_service(agent.host, APPROVER)
    for timer in TIMERS:
        install_timer(agent.host, timer)
    return ", ".join((APPROVER.command, *(timer.command for timer in TIMERS)))


def rotate_join_token(agent: Agent) -> str:
    """Publish a new token for workers if the present one is old."""
    return rotate(agent, own_api(agent))


def rotate_join_token_now(agent: Agent) -> str:
    """Publish a new token for workers, and refuse the others from now on."""
    return answer(said=rotate_now(agent, own_api(agent)))


PHASES = (
    *NODE_PHASES,
    Phase[Agent]("shared-files", "fetch the shared keys and certificates, and see that they fit", write_shared_pki),
    Phase[Agent]("etcd-certificate", "have the certificate for etcd issued", ensure_etcd_certificate),
    Phase[Agent]("api-files", "encryption, admission, authentication, audit", write_api_server_files),
    Phase[Agent]("kubeadm-file", "write what kubeadm reads", write_kubeadm_file),
    Phase[Agent]("quorum", "wait for a quorum of etcd", await_quorum),
    Phase[Agent](
        "half-way",
        "remove what an interrupted kubeadm left",
        lambda agent: clean_up_kubeadm(agent, CONTROL_PLANE_MARKER, CONTROL_PLANE_LEFTOVERS),
    ),
    Phase[Agent]("init", "run kubeadm init, once", initialise),
    Phase[Agent]("api", "wait until this node's API server is ready", await_own_api),
    Phase[Agent]("rights", "roles for people and pipelines, and for nodes that join", apply_rbac),
    Phase[Agent]("join-token", "publish the token that workers join with", rotate_join_token),
    Phase[Agent]("services", "start the approver and the timers", start_services),
)

COMMANDS: Mapping[str, Callable[[Agent], str]] = {
    "approve": lambda agent: run_approver(agent, own_api(agent)),
    "join-token": rotate_join_token,
    "refresh-encryption": refresh_encryption_now,
    "renew": lambda agent: renew_certificates(agent, own_api(agent)),
    "nodes": nodes,
    "encryption-status": encryption_status,
    "rewrite-secrets": rewrite_secrets,
    "stop-api-server": stop_api_server,
    "start-api-server": start_api_server,
    "rotate-join-token": rotate_join_token_now,
    "renew-now": renew_control_plane_now,
    "held": held_resources,
    "release": release,
}
