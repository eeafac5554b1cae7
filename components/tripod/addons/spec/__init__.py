"""What add-ons are told: everything at once, and each by itself."""

from collections.abc import Iterator

from tripod.addons.charts import ChartsSpec
from tripod.addons.spec.cloud import CloudControllerSpec
from tripod.addons.spec.cluster import CoreDnsSpec, MetricsServerSpec
from tripod.addons.spec.network import CiliumSpec
from tripod.problems import Problem, camel_case
from tripod.specs import Spec


class AddOnsSpec(Spec):
    """What lives in the cluster."""

    charts: ChartsSpec = ChartsSpec()
    """Where Helm charts come from."""
    without: tuple[str, ...] = ()
    """Add-ons that are left out, such as metricsServer: somebody else installs one, or nobody needs it."""
    cilium: CiliumSpec = CiliumSpec()
    """The network of pods, where network.cni is cilium."""
    cloud_controller: CloudControllerSpec = CloudControllerSpec()
    """What makes nodes of instances, and load balancers of Services."""
    core_dns: CoreDnsSpec = CoreDnsSpec()
    """Names within the cluster."""
    metrics_server: MetricsServerSpec = MetricsServerSpec()
    """What pods and nodes use, for autoscaling and `kubectl top`."""

    def _rules(self) -> Iterator[Problem]:
        known = [camel_case(name) for name in type(self).model_fields if name not in ("charts", "without")]
        for position, name in enumerate(self.without):
            if name not in known:
                yield Problem(("without", position), repr(name), f"one of {', '.join(known)}", "correct the name")
