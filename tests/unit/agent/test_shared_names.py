"""Names that the agent and the stack share: the agent imports nothing of the stack's."""

from tripod.bootstrap.agent.control_plane.csr_policy import KEY_TAG
from tripod.bootstrap.agent.control_plane.operator_commands import ARGUMENTS
from tripod.bootstrap.agent.control_plane.rbac import ROLES
from tripod.bootstrap.agent.etcd.urls import CLIENT_PORT
from tripod.bootstrap.agent.node.kubeadm_config import KEY_SET_PATH
from tripod.bootstrap.agent.node.paths import API_PORT
from tripod.bootstrap.agent.roles import role_named
from tripod.control_plane.spec import API_ROLES
from tripod.core.naming import KUBELET_KEY_TAG
from tripod.iam import issuer_documents
from tripod.operations.observe import NODES
from tripod.operations.remote import ARGUMENTS_VARIABLE
from tripod.operations.restore.plan import START_API_SERVER, STOP_API_SERVER
from tripod.operations.rotate.run import ENCRYPTION_STATUS, REFRESH_ENCRYPTION, REWRITE_SECRETS
from tripod.security import ports


def test_ports_paths_and_roles_are_the_same() -> None:
    assert (API_PORT, CLIENT_PORT) == (ports.API_SERVER, ports.ETCD_CLIENT)
    assert KEY_SET_PATH == issuer_documents.KEY_SET_PATH
    assert ROLES == API_ROLES
    assert KEY_TAG == KUBELET_KEY_TAG


def test_what_operations_ask_for_is_a_command() -> None:
    asked = {NODES, ENCRYPTION_STATUS, REFRESH_ENCRYPTION, REWRITE_SECRETS, STOP_API_SERVER, START_API_SERVER}
    assert asked <= role_named("control-plane").commands.keys()
    assert ARGUMENTS == ARGUMENTS_VARIABLE
