"""The API server's client certificate for etcd, the only one that kubeadm does not issue."""

from ..host.certificates import Leaf, authority_of, ensure_certificate
from ..instance.context import Agent
from ..node.paths import ETCD_CLIENT_CERTIFICATE, ETCD_CLIENT_KEY

LEAF = Leaf("kube-apiserver-etcd-client", usages=("clientAuth",))


def ensure_etcd_certificate(agent: Agent) -> str:
    """Issue the certificate if there is none, or the present one is no longer good.

    Raises:
        AgentError: the authority's secret is missing or cannot sign.
    """
    name = agent.config.control_plane.secrets.etcd_client_ca
    authority = authority_of(agent.aws.secret(name), name)
    return ensure_certificate(
        agent.host,
        authority,
        LEAF,
        certificate=ETCD_CLIENT_CERTIFICATE,
        key=ETCD_CLIENT_KEY,
        now=agent.now(),
    )
