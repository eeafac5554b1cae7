"""Names of a cluster's secrets and parameters. Boot documents hold these names, never the values."""

from dataclasses import dataclass
from enum import StrEnum


class SecretName(StrEnum):
    """A secret of a cluster incarnation."""

    CLUSTER_CA = "cluster-ca"
    """Signs the API server, its clients and the kubelets."""
    FRONT_PROXY_CA = "front-proxy-ca"
    """Signs the API server's client certificate for aggregated APIs."""
    ETCD_CA = "etcd-ca"
    """Signs the peer and server certificates of etcd members. Only members hold its key."""
    ETCD_CLIENT_CA = "etcd-client-ca"
    """Signs the API servers' client certificates for etcd. Only control-plane nodes hold its key."""
    SERVICE_ACCOUNTS = "service-accounts"
    """Signs service-account tokens."""
    ENCRYPTION = "encryption"
    """Encrypts Secrets in etcd."""


AUTHORITIES = {
    SecretName.CLUSTER_CA: "kubernetes",
    SecretName.FRONT_PROXY_CA: "kubernetes-front-proxy",
    SecretName.ETCD_CA: "etcd",
    SecretName.ETCD_CLIENT_CA: "etcd-clients",
}
"""Certificate authority → common name."""


@dataclass(frozen=True)
class ClusterPaths:
    """Names of a cluster's secrets, parameters and etcd token.

    Attributes:
        cluster: its name.
        incarnation: the cluster incarnation, so that resources of a destroyed cluster are never taken for a new one's.
    """

    cluster: str
    incarnation: str

    def secret(self, name: SecretName) -> str:
        """The name of a secret in Secrets Manager."""
        return f"{self.cluster}/{self.incarnation}/{name}"

    @property
    def initialised(self) -> str:
        """The SSM parameter that records that etcd has once had quorum. Members write it; it is never deleted."""
        return f"/{self.cluster}/{self.incarnation}/etcd/initialised"

    @property
    def join_token(self) -> str:
        """The SSM parameter with the workers' join token. Control-plane nodes write it."""
        return f"/{self.cluster}/{self.incarnation}/join-token"

    @property
    def etcd_token(self) -> str:
        """Etcd's initial cluster token."""
        return f"{self.cluster}-{self.incarnation}"
