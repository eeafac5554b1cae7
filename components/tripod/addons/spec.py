"""What add-ons are told: everything at once, and each by itself."""

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

_NO_ADD_ONS = ("charts", "without", "zones")


class AddOnsSpec(Spec):
    """What lives in the cluster."""

    charts: ChartsSpec = ChartsSpec()
    """Where Helm charts come from."""
    without: tuple[str, ...] = ()
    """Add-ons that are left out, such as metricsServer: somebody else installs one, or nobody needs it."""
    zones: ZonesSpec = ZonesSpec()
    """Where names of services are written."""
    policies: PoliciesSpec = PoliciesSpec()
    """What nobody may do."""
    gateway_api: GatewayApiSpec = GatewayApiSpec()
    """The kinds of the Gateway API, where ingress.kind is gateway."""
    cilium: CiliumSpec = CiliumSpec()
    """The network of pods, where network.cni is cilium."""
    aws_vpc_cni: AwsVpcCniSpec = AwsVpcCniSpec()
    """The network of pods, where network.cni is aws-vpc."""
    kube_proxy: KubeProxySpec = KubeProxySpec()
    """The addresses of Services, where network.cni is aws-vpc."""
    cloud_controller: CloudControllerSpec = CloudControllerSpec()
    """What makes nodes of instances, and load balancers of Services."""
    core_dns: CoreDnsSpec = CoreDnsSpec()
    """Names within the cluster."""
    egress_probe: EgressProbeSpec = EgressProbeSpec()
    """A job that looks whether pods reach names, AWS and the API."""
    snapshot_controller: SnapshotControllerSpec = SnapshotControllerSpec()
    """Snapshots of volumes."""
    ebs_csi: EbsCsiSpec = EbsCsiSpec()
    """Volumes for pods."""
    metrics_server: MetricsServerSpec = MetricsServerSpec()
    """What pods and nodes use, for autoscaling and `kubectl top`."""
    cluster_autoscaler: ClusterAutoscalerSpec = ClusterAutoscalerSpec()
    """As many workers as the pods need."""
    cert_manager: CertManagerSpec = CertManagerSpec()
    """What gets certificates and keeps them valid."""
    issuers: IssuersSpec = IssuersSpec()
    """Whom certificates come from, where there is a public zone."""
    ingress: IngressSpec = IngressSpec()
    """The one way in."""
    external_dns_public: ExternalDnsSpec = ExternalDnsSpec()
    """Names in the public zone, where there is one."""
    external_dns_private: ExternalDnsSpec = ExternalDnsSpec()
    """Names in the private zone."""
    namespaces: NamespacesSpec = NamespacesSpec()
    """Namespaces of teams."""
    logging: LoggingSpec = LoggingSpec()
    """Logs of containers, kubelets, containerd and API servers, collected on every node."""
    metrics: MetricsSpec = MetricsSpec()
    """Metrics of nodes, pods, etcd and the control plane, and the alerts that rest on them."""

    def _rules(self) -> Iterator[Problem]:
        known = [camel_case(name) for name in type(self).model_fields if name not in _NO_ADD_ONS]
        for position, name in enumerate(self.without):
            if name not in known:
                yield Problem(("without", position), repr(name), f"one of {', '.join(known)}", "correct the name")
