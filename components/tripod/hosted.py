"""The components that are offered to programs in any language."""

import pulumi

from tripod.addons.add_ons import AddOns
from tripod.addons.core_dns import CoreDns
from tripod.addons.metrics_server import MetricsServer
from tripod.cluster import Cluster
from tripod.control_plane.endpoint import ApiEndpoint
from tripod.control_plane.group import ControlPlane
from tripod.database.example import ExampleDatabase
from tripod.database.peering import DatabasePeering
from tripod.encryption.keys import EncryptionKeys
from tripod.etcd.group import EtcdGroup
from tripod.iam.issuer import OidcIssuer
from tripod.iam.roles import InstanceRoles
from tripod.iam.service_account import ServiceAccountRole
from tripod.network.network import Network
from tripod.pki.authorities import CertificateAuthorities
from tripod.security.groups import SecurityGroups
from tripod.storage.storage import ClusterStorage
from tripod.workers.group import WorkerGroup

PACKAGE = "tripod"
"""The package's name: every component's type begins with it."""

COMPONENTS: tuple[type[pulumi.ComponentResource], ...] = (
    AddOns,
    ApiEndpoint,
    CertificateAuthorities,
    Cluster,
    ClusterStorage,
    ControlPlane,
    CoreDns,
    DatabasePeering,
    EncryptionKeys,
    EtcdGroup,
    ExampleDatabase,
    InstanceRoles,
    MetricsServer,
    Network,
    OidcIssuer,
    SecurityGroups,
    ServiceAccountRole,
    WorkerGroup,
)
