"""Tripod: Pulumi components for a highly available Kubernetes cluster on AWS.

The names here are the public API; what is imported from deeper down may change without notice.
"""

from tripod.addons.add_ons import AddOns, AddOnsArgs
from tripod.addons.cilium import Cilium, CiliumArgs
from tripod.addons.cloud_controller import CloudController, CloudControllerArgs
from tripod.addons.core_dns import CoreDns, CoreDnsArgs
from tripod.addons.metrics_server import MetricsServer, MetricsServerArgs
from tripod.addons.platform import PlatformArgs
from tripod.addons.spec import AddOnsSpec
from tripod.cluster import Cluster, ClusterArgs
from tripod.cluster_spec import ClusterSpec
from tripod.control_plane.endpoint import ApiEndpoint, ApiEndpointArgs
from tripod.control_plane.group import ControlPlane, ControlPlaneArgs
from tripod.database.examine import look_up_peer, unfit_peer
from tripod.database.example import ExampleDatabase, ExampleDatabaseArgs
from tripod.database.peering import DatabasePeering, DatabasePeeringArgs, DatabaseTarget
from tripod.database.spec import PeerSpec, clear_secret_problems, peer_problems
from tripod.encryption.keys import EncryptionKeys, EncryptionKeysArgs
from tripod.etcd.group import EtcdGroup, EtcdGroupArgs
from tripod.iam.issuer import OidcIssuer, OidcIssuerArgs
from tripod.iam.roles import InstanceRoles, InstanceRolesArgs
from tripod.iam.service_account import ServiceAccountRole, ServiceAccountRoleArgs
from tripod.network.adopted import look_up as look_up_vpc
from tripod.network.adopted import unfit as unfit_vpc
from tripod.network.examine import available_zones
from tripod.network.network import Network, NetworkArgs
from tripod.network.spec import NetworkSpec
from tripod.network.zones import zone_problems
from tripod.pki.authorities import CertificateAuthorities, CertificateAuthoritiesArgs
from tripod.problems import ConfigurationError, Problem, camel_case, refuse
from tripod.project import encrypted_paths
from tripod.security.groups import SecurityGroups, SecurityGroupsArgs
from tripod.storage.storage import ClusterStorage, ClusterStorageArgs
from tripod.workers.group import WorkerGroup, WorkerGroupArgs
from tripod.workloads.allow_calls import AllowCalls, AllowCallsArgs
from tripod.workloads.blue_green import BlueGreen, BlueGreenArgs
from tripod.workloads.database_binding import DatabaseBinding, DatabaseBindingArgs
from tripod.workloads.web_service import WebService, WebServiceArgs

__all__ = [
    "AddOns",
    "AddOnsArgs",
    "AddOnsSpec",
    "AllowCalls",
    "AllowCallsArgs",
    "ApiEndpoint",
    "ApiEndpointArgs",
    "BlueGreen",
    "BlueGreenArgs",
    "CertificateAuthorities",
    "CertificateAuthoritiesArgs",
    "Cilium",
    "CiliumArgs",
    "CloudController",
    "CloudControllerArgs",
    "Cluster",
    "ClusterArgs",
    "ClusterSpec",
    "ClusterStorage",
    "ClusterStorageArgs",
    "ConfigurationError",
    "ControlPlane",
    "ControlPlaneArgs",
    "CoreDns",
    "CoreDnsArgs",
    "DatabaseBinding",
    "DatabaseBindingArgs",
    "DatabasePeering",
    "DatabasePeeringArgs",
    "DatabaseTarget",
    "EncryptionKeys",
    "EncryptionKeysArgs",
    "EtcdGroup",
    "EtcdGroupArgs",
    "ExampleDatabase",
    "ExampleDatabaseArgs",
    "InstanceRoles",
    "InstanceRolesArgs",
    "MetricsServer",
    "MetricsServerArgs",
    "Network",
    "NetworkArgs",
    "NetworkSpec",
    "OidcIssuer",
    "OidcIssuerArgs",
    "PeerSpec",
    "PlatformArgs",
    "Problem",
    "SecurityGroups",
    "SecurityGroupsArgs",
    "ServiceAccountRole",
    "ServiceAccountRoleArgs",
    "WebService",
    "WebServiceArgs",
    "WorkerGroup",
    "WorkerGroupArgs",
    "available_zones",
    "camel_case",
    "clear_secret_problems",
    "encrypted_paths",
    "look_up_peer",
    "look_up_vpc",
    "peer_problems",
    "refuse",
    "unfit_peer",
    "unfit_vpc",
    "zone_problems",
]
