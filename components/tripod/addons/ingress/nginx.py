"""The add-on IngressNginx: ingress by Ingress objects. Its project's last release was in March 2026."""

import pulumi

from tripod.addons.framework.add_on import AddOn
from tripod.addons.framework.charts import Chart
from tripod.addons.ingress.arguments import IngressArgs, ingress_spec
from tripod.addons.ingress.constants import NAMESPACE
from tripod.addons.ingress.load_balancer import default_certificate
from tripod.addons.ingress.nginx_objects import ingress_nginx, ingress_nginx_values
from tripod.core.component import annotated_outputs

CHART = Chart("ingress-nginx", "4.15.1", "https://kubernetes.github.io/ingress-nginx")


class IngressNginx(AddOn):
    """ingress-nginx behind one network load balancer.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: IngressArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec, zone = ingress_spec(args), args.get("public_zone")
        super().__init__("IngressNginx", name, args, spec, opts)
        objects = ingress_nginx(self.cluster)
        if zone is not None:
            objects.append(default_certificate(args.get("namespaces", []), self.cluster.cluster_name, zone))
        declared = self.declare(*objects)
        values = ingress_nginx_values(self.cluster, spec, secure=zone is not None)
        self.release(CHART, NAMESPACE, values, spec, after=declared)
        self.register_outputs(annotated_outputs(self))
