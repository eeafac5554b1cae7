"""Settings of all add-ons."""

from collections.abc import Iterator

from tripod.addons.aws_vpc_cni.spec import AwsVpcCniSpec
from tripod.addons.cert_manager.spec import CertManagerSpec, IssuersSpec
from tripod.addons.cilium.spec import CiliumSpec
from tripod.addons.cloud_controller.spec import CloudControllerSpec
from tripod.addons.cluster_autoscaler.spec import ClusterAutoscalerSpec
from tripod.addons.core_dns.spec import CoreDnsSpec
from tripod.addons.ebs_csi.spec import EbsCsiSpec
from tripod.addons.egress_probe.spec import EgressProbeSpec
from tripod.addons.external_dns.spec import ExternalDnsSpec, ZonesSpec
from tripod.addons.framework.charts import ChartsSpec
from tripod.addons.ingress.spec import GatewayApiSpec, IngressSpec
from tripod.addons.kube_proxy.spec import KubeProxySpec
from tripod.addons.logging.spec import LoggingSpec
from tripod.addons.metrics.spec import MetricsSpec
from tripod.addons.metrics_server.spec import MetricsServerSpec
from tripod.addons.policies.spec import PoliciesSpec
from tripod.addons.snapshot_controller.spec import SnapshotControllerSpec
from tripod.addons.team_namespaces.spec import NamespacesSpec
from tripod.core.problems import Problem, camel_case
from tripod.core.spec import Spec

_NOT_ADD_ONS = ("charts", "without", "zones")


class AddOnsSpec(Spec):
    """Add-ons of the cluster."""

    charts: ChartsSpec = ChartsSpec()
    """Source of Helm charts."""
    without: tuple[str, ...] = ()
    """Add-ons that are not installed, such as metricsServer."""
    zones: ZonesSpec = ZonesSpec()
    """Hosted zones for names of services."""
    policies: PoliciesSpec = PoliciesSpec()
    """Admission policies."""
    gateway_api: GatewayApiSpec = GatewayApiSpec()
    """Definitions of the Gateway API; installed with ingress.kind: gateway."""
    cilium: CiliumSpec = CiliumSpec()
    """Cilium; installed with network.cni: cilium."""
    aws_vpc_cni: AwsVpcCniSpec = AwsVpcCniSpec()
    """The AWS VPC CNI; installed with network.cni: aws-vpc."""
    kube_proxy: KubeProxySpec = KubeProxySpec()
    """kube-proxy; installed with network.cni: aws-vpc."""
    cloud_controller: CloudControllerSpec = CloudControllerSpec()
    """AWS cloud controller manager: nodes and load balancers."""
    core_dns: CoreDnsSpec = CoreDnsSpec()
    """The cluster's DNS."""
    egress_probe: EgressProbeSpec = EgressProbeSpec()
    """A job that checks that pods reach DNS, AWS and the API."""
    snapshot_controller: SnapshotControllerSpec = SnapshotControllerSpec()
    """Snapshots of volumes."""
    ebs_csi: EbsCsiSpec = EbsCsiSpec()
    """Volumes for pods."""
    metrics_server: MetricsServerSpec = MetricsServerSpec()
    """Resource use of pods and nodes, for autoscaling and `kubectl top`."""
    cluster_autoscaler: ClusterAutoscalerSpec = ClusterAutoscalerSpec()
    """Autoscaler of worker groups."""
    cert_manager: CertManagerSpec = CertManagerSpec()
    """cert-manager: issues and renews certificates."""
    issuers: IssuersSpec = IssuersSpec()
    """Issuers of certificates; installed with a public zone."""
    ingress: IngressSpec = IngressSpec()
    """The ingress, with the only load balancer."""
    external_dns_public: ExternalDnsSpec = ExternalDnsSpec()
    """DNS records in the public zone; installed if there is one."""
    external_dns_private: ExternalDnsSpec = ExternalDnsSpec()
    """DNS records in the private zone."""
    namespaces: NamespacesSpec = NamespacesSpec()
    """Namespaces of teams."""
    logging: LoggingSpec = LoggingSpec()
    """Logs of containers, kubelets, containerd and API servers, collected on every node."""
    metrics: MetricsSpec = MetricsSpec()
    """Metrics of nodes, pods, etcd and the control plane, and alerts on them."""

    def _rules(self) -> Iterator[Problem]:
        known = [camel_case(name) for name in type(self).model_fields if name not in _NOT_ADD_ONS]
        for position, name in enumerate(self.without):
            if name not in known:
                yield Problem(("without", position), repr(name), f"one of {', '.join(known)}", "correct the name")
