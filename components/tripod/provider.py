"""Components of the Pulumi package, for programs in any language."""

import pulumi

from tripod.addons.aws_vpc_cni.component import AwsVpcCni
from tripod.addons.cert_manager.component import CertManager, Issuers
from tripod.addons.cilium.component import Cilium
from tripod.addons.cloud_controller.component import CloudController
from tripod.addons.cluster_autoscaler.component import ClusterAutoscaler
from tripod.addons.component import AddOns
from tripod.addons.core_dns.component import CoreDns
from tripod.addons.ebs_csi.component import EbsCsi
from tripod.addons.egress_probe.component import EgressProbe
from tripod.addons.external_dns.component import ExternalDns
from tripod.addons.ingress.gateway import GatewayApi, GatewayIngress
from tripod.addons.ingress.nginx import IngressNginx
from tripod.addons.kube_proxy.component import KubeProxy
from tripod.addons.logging.component import Logging
from tripod.addons.metrics.component import Metrics
from tripod.addons.metrics_server.component import MetricsServer
from tripod.addons.policies.component import Policies
from tripod.addons.snapshot_controller.component import SnapshotController
from tripod.addons.team_namespaces.component import Namespaces
from tripod.cluster.component import Cluster
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
from tripod.network.component import Network
from tripod.pki.authorities import CertificateAuthorities
from tripod.security.groups import SecurityGroups
from tripod.storage.component import ClusterStorage
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
    GatewayIngress,
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
