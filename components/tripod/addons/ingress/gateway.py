"""The add-ons GatewayIngress and GatewayApi: ingress by Gateway API, and its definitions."""

import pulumi

from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.charts import Chart
from tripod.addons.ingress.arguments import IngressArgs, ingress_spec
from tripod.addons.ingress.gateway_objects import gateway
from tripod.addons.ingress.load_balancer import default_certificate
from tripod.addons.ingress.spec import GatewayApiSpec
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import GatewayApiSettings

# Its project publishes no chart. This one has the definitions as they are, and is small enough for Helm to keep:
# others, which carry a controller's own beside them, exceed what a Secret holds.
CHART = Chart("gateway-api-crds", "1.6.0", "https://wiremind.github.io/wiremind-helm-charts")


class GatewayApiArgs(AddOnArgs, GatewayApiSettings):
    """Arguments of GatewayApi."""


class GatewayApi(AddOn):
    """The custom resource definitions of Gateway API, which Cilium looks for when it starts.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: GatewayApiArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(GatewayApiSpec, args, GatewayApiArgs)
        super().__init__("GatewayApi", name, args, spec, opts)
        self.release(CHART, "kube-system", {}, spec)
        self.register_outputs(annotated_outputs(self))


class GatewayIngress(AddOn):
    """A Gateway behind one network load balancer, served by Cilium.

    Raises:
        ConfigurationError: the arguments are refused, or the network plugin serves no Gateway; nothing was made.
    """

    def __init__(self, name: str, args: IngressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec, zone = ingress_spec(args), args.get("public_zone")
        super().__init__("GatewayIngress", name, args, spec, opts)
        objects = gateway(self.cluster, spec, secure=zone is not None)
        if zone is not None:
            objects.append(default_certificate(args.get("namespaces", []), self.cluster.cluster_name, zone))
        self.declare(*objects)
        self.register_outputs(annotated_outputs(self))
