"""What a cluster's secrets are called. Instances know the names; the values never leave Secrets Manager in clear."""

from dataclasses import dataclass
from enum import StrEnum


class SecretName(StrEnum):
    """A secret of a cluster, within its incarnation."""

    CLUSTER_CA = "cluster-ca"
    """Signs the API server, its clients and the kubelets."""
    FRONT_PROXY_CA = "front-proxy-ca"
    """Signs the API server towards aggregated APIs."""
    ETCD_CA = "etcd-ca"
    """Signs etcd members, towards one another and towards their clients. Only members hold its key."""
    ETCD_CLIENT_CA = "etcd-client-ca"
    """Signs the API servers towards etcd. Only control-plane nodes hold its key."""
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
"""The certificate authorities, with their common names."""


@dataclass(frozen=True)
class ClusterPaths:
    """Where a cluster keeps what outlives its instances.

    Attributes:
        cluster: its name.
        incarnation: which life of it: a destroyed cluster's things are never taken for a new one's.
    """

    cluster: str
    incarnation: str

    def secret(self, name: SecretName) -> str:
        """The name of a secret in Secrets Manager."""
        return f"{self.cluster}/{self.incarnation}/{name}"

    @property
    def initialised(self) -> str:
        """The SSM parameter that says that etcd has once been quorate. Members write it, nobody deletes it."""
        return f"/{self.cluster}/{self.incarnation}/etcd/initialised"

    @property
    def join_token(self) -> str:
        """The SSM parameter with the token that workers join with. Control-plane nodes write it."""
        return f"/{self.cluster}/{self.incarnation}/join-token"

    @property
    def etcd_token(self) -> str:
        """Etcd's initial cluster token."""
        return f"{self.cluster}-{self.incarnation}"
