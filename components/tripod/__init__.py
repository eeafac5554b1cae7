"""Tripod: Pulumi components for a highly available Kubernetes cluster on AWS.

The names here are the public API; what is imported from deeper down may change without notice. Each is imported when it
is first used, so that the `tripod` command starts without the Pulumi SDK.
"""

import ast
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tripod.addons.aws_vpc_cni.component import AwsVpcCni, AwsVpcCniArgs
    from tripod.addons.cert_manager.component import CertManager, CertManagerArgs, Issuers, IssuersArgs
    from tripod.addons.cilium.component import Cilium, CiliumArgs
    from tripod.addons.cloud_controller.component import CloudController, CloudControllerArgs
    from tripod.addons.cluster_autoscaler.component import ClusterAutoscaler, ClusterAutoscalerArgs
    from tripod.addons.component import AddOns, AddOnsArgs
    from tripod.addons.core_dns.component import CoreDns, CoreDnsArgs
    from tripod.addons.ebs_csi.component import EbsCsi, EbsCsiArgs
    from tripod.addons.egress_probe.component import EgressProbe, EgressProbeArgs
    from tripod.addons.external_dns.component import ExternalDns, ExternalDnsArgs
    from tripod.addons.framework import namespaces, pods
    from tripod.addons.framework.add_on import AddOn, AddOnArgs
    from tripod.addons.framework.charts import Chart
    from tripod.addons.framework.cluster_facts import ClusterFactsArgs
    from tripod.addons.framework.host_names import default_host
    from tripod.addons.framework.objects import Manifest
    from tripod.addons.framework.spec import AddOnSpec, ReleaseSpec
    from tripod.addons.ingress.arguments import IngressArgs
    from tripod.addons.ingress.gateway import GatewayApi, GatewayApiArgs, GatewayIngress
    from tripod.addons.ingress.nginx import IngressNginx
    from tripod.addons.kube_proxy.component import KubeProxy, KubeProxyArgs
    from tripod.addons.logging.component import Logging, LoggingArgs
    from tripod.addons.metrics.component import Metrics, MetricsArgs
    from tripod.addons.metrics_server.component import MetricsServer, MetricsServerArgs
    from tripod.addons.policies.component import Policies, PoliciesArgs
    from tripod.addons.snapshot_controller.component import SnapshotController, SnapshotControllerArgs
    from tripod.addons.team_namespaces.component import Namespaces, NamespacesArgs
    from tripod.cluster.component import Cluster, ClusterArgs
    from tripod.control_plane.endpoint import ApiEndpoint, ApiEndpointArgs
    from tripod.control_plane.group import ControlPlane, ControlPlaneArgs
    from tripod.core.problems import ConfigurationError, Problem
    from tripod.database.example import ExampleDatabase, ExampleDatabaseArgs
    from tripod.database.peering import DatabasePeering, DatabasePeeringArgs, DatabaseTarget
    from tripod.dns.cutover import WeightedCutover, WeightedCutoverArgs
    from tripod.encryption.keys import EncryptionKeys, EncryptionKeysArgs
    from tripod.etcd.group import EtcdGroup, EtcdGroupArgs
    from tripod.iam.issuer import OidcIssuer, OidcIssuerArgs
    from tripod.iam.roles import InstanceRoles, InstanceRolesArgs
    from tripod.iam.service_account import ServiceAccountRole, ServiceAccountRoleArgs
    from tripod.network.component import Network, NetworkArgs
    from tripod.pki.authorities import CertificateAuthorities, CertificateAuthoritiesArgs
    from tripod.security.groups import SecurityGroups, SecurityGroupsArgs
    from tripod.storage.component import ClusterStorage, ClusterStorageArgs
    from tripod.workers.group import WorkerGroup, WorkerGroupArgs
    from tripod.workloads.allow_calls import AllowCalls, AllowCallsArgs
    from tripod.workloads.blue_green import BlueGreen, BlueGreenArgs
    from tripod.workloads.database_binding import DatabaseBinding, DatabaseBindingArgs
    from tripod.workloads.web_service import WebService, WebServiceArgs

__all__ = [
    "AddOn",
    "AddOnArgs",
    "AddOnSpec",
    "AddOns",
    "AddOnsArgs",
    "AllowCalls",
    "AllowCallsArgs",
    "ApiEndpoint",
    "ApiEndpointArgs",
    "AwsVpcCni",
    "AwsVpcCniArgs",
    "BlueGreen",
    "BlueGreenArgs",
    "CertManager",
    "CertManagerArgs",
    "CertificateAuthorities",
    "CertificateAuthoritiesArgs",
    "Chart",
    "Cilium",
    "CiliumArgs",
    "CloudController",
    "CloudControllerArgs",
    "Cluster",
    "ClusterArgs",
    "ClusterAutoscaler",
    "ClusterAutoscalerArgs",
    "ClusterFactsArgs",
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
    "EbsCsi",
    "EbsCsiArgs",
    "EgressProbe",
    "EgressProbeArgs",
    "EncryptionKeys",
    "EncryptionKeysArgs",
    "EtcdGroup",
    "EtcdGroupArgs",
    "ExampleDatabase",
    "ExampleDatabaseArgs",
    "ExternalDns",
    "ExternalDnsArgs",
    "GatewayApi",
    "GatewayApiArgs",
    "GatewayIngress",
    "IngressArgs",
    "IngressNginx",
    "InstanceRoles",
    "InstanceRolesArgs",
    "Issuers",
    "IssuersArgs",
    "KubeProxy",
    "KubeProxyArgs",
    "Logging",
    "LoggingArgs",
    "Manifest",
    "Metrics",
    "MetricsArgs",
    "MetricsServer",
    "MetricsServerArgs",
    "Namespaces",
    "NamespacesArgs",
    "Network",
    "NetworkArgs",
    "OidcIssuer",
    "OidcIssuerArgs",
    "Policies",
    "PoliciesArgs",
    "Problem",
    "ReleaseSpec",
    "SecurityGroups",
    "SecurityGroupsArgs",
    "ServiceAccountRole",
    "ServiceAccountRoleArgs",
    "SnapshotController",
    "SnapshotControllerArgs",
    "WebService",
    "WebServiceArgs",
    "WeightedCutover",
    "WeightedCutoverArgs",
    "WorkerGroup",
    "WorkerGroupArgs",
    "default_host",
    "namespaces",
    "pods",
]


@cache
def _public_names() -> dict[str, tuple[str, str]]:
    """Map each public name to the module that defines it and its name there, as the imports above list them."""
    found = [node for node in ast.walk(ast.parse(Path(__file__).read_text())) if isinstance(node, ast.ImportFrom)]
    return {one.asname or one.name: (node.module or "", one.name) for node in found for one in node.names}


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, original = _public_names()[name]
    # A name listed may be a submodule.
    value = globals()[name] = getattr(__import__(module, fromlist=[original]), original)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
