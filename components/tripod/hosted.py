"""The components that are offered to programs in any language."""

import pulumi

from tripod.addons.add_ons import AddOns
from tripod.addons.aws_vpc_cni import AwsVpcCni
from tripod.addons.cert_manager import CertManager, Issuers
from tripod.addons.cilium import Cilium
from tripod.addons.cloud_controller import CloudController
from tripod.addons.cluster_autoscaler import ClusterAutoscaler
from tripod.addons.core_dns import CoreDns
from tripod.addons.ebs_csi import EbsCsi
from tripod.addons.egress_probe import EgressProbe
from tripod.addons.external_dns import ExternalDns
from tripod.addons.gateway import GatewayApi, GatewayEntrance
from tripod.addons.ingress_nginx import IngressNginx
from tripod.addons.kube_proxy import KubeProxy
from tripod.addons.logs import Logging
from tripod.addons.metrics import Metrics
from tripod.addons.metrics_server import MetricsServer
from tripod.addons.policies import Policies
from tripod.addons.snapshot_controller import SnapshotController
from tripod.addons.team_namespaces import Namespaces
from tripod.cluster import Cluster
from tripod.control_plane.endpoint import ApiEndpoint
from tripod.control_plane.group import ControlPlane
from tripod.database.example import ExampleDatabase
from tripod.database.peering import DatabasePeering
from tripod.dns.cutover import WeightedCutover
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
from tripod.workloads.allow_calls import AllowCalls
from tripod.workloads.blue_green import BlueGreen
from tripod.workloads.database_binding import DatabaseBinding
from tripod.workloads.web_service import WebService

PACKAGE = "tripod"
"""The package's name: every component's type begins with it."""

COMPONENTS: tuple[type[pulumi.ComponentResource], ...] = (
    AddOns,
    AllowCalls,
    ApiEndpoint,
    AwsVpcCni,
    BlueGreen,
    CertManager,
    CertificateAuthorities,
    Cilium,
    CloudController,
    Cluster,
    ClusterAutoscaler,
    ClusterStorage,
    ControlPlane,
    CoreDns,
    DatabaseBinding,
    DatabasePeering,
    EbsCsi,
    EgressProbe,
    EncryptionKeys,
    EtcdGroup,
    ExampleDatabase,
    ExternalDns,
    GatewayApi,
    GatewayEntrance,
    IngressNginx,
    InstanceRoles,
    Issuers,
    KubeProxy,
    Logging,
    Metrics,
    MetricsServer,
    Namespaces,
    Network,
    OidcIssuer,
    Policies,
    SecurityGroups,
    ServiceAccountRole,
    SnapshotController,
    WebService,
    WeightedCutover,
    WorkerGroup,
)
