"""The add-on ExternalDns: DNS records of services in one zone."""

import json
from typing import NotRequired

import pulumi

from tripod.addons.external_dns.objects import ACCOUNT, Visibility, external_dns, external_dns_values, namespace_name
from tripod.addons.external_dns.spec import ExternalDnsSpec
from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.charts import Chart
from tripod.addons.ingress.constants import IngressKind
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.problems import Problem, raise_if_any
from tripod.core.regions import partition
from tripod.core.spec_types import ExternalDnsSettings
from tripod.iam.dns_policies import records_policy

CHART = Chart("external-dns", "1.21.1", "https://kubernetes-sigs.github.io/external-dns")


class ExternalDnsArgs(AddOnArgs, ExternalDnsSettings):
    """Arguments of ExternalDns."""

    visibility: str
    """Names that it writes: public or private, by the label of an Ingress or a route."""
    zone: str
    """The domain of the one zone that it writes in."""
    zone_id: pulumi.Input[str]
    """That zone's id."""
    ingress: NotRequired[str]
    """The kind of the ingress: ingress-nginx or gateway. Default: ingress-nginx."""
    excluded: NotRequired[list[str]]
    """Names that it may not write, nor any name within them. Default: none."""


class ExternalDns(AddOn):
    """external-dns for one zone. It writes only names that a label of this cluster's routes requests.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: ExternalDnsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(ExternalDnsSpec, args, ExternalDnsArgs)
        visibility = _visibility(args["visibility"])
        ingress = _ingress_kind(args.get("ingress", "ingress-nginx"))
        super().__init__("ExternalDns", name, args, spec, opts)
        cluster, excluded = self.cluster, tuple(args.get("excluded", []))
        policy = pulumi.Output.from_input(args["zone_id"]).apply(
            lambda zone_id: json.dumps(records_policy(partition(cluster.region), zone_id, excluded))
        )
        role_arn = self.role(namespace_name(visibility), ACCOUNT, policy)
        objects = self.declare(*external_dns(cluster, visibility))
        zone = (args["zone"], args["zone_id"])
        values = external_dns_values(cluster, spec, visibility, ingress, zone, excluded, role_arn)
        self.release(CHART, namespace_name(visibility), values, spec, after=objects)
        self.register_outputs(annotated_outputs(self))


def _visibility(given: str) -> Visibility:
    if given not in ("public", "private"):
        raise_if_any([Problem(("visibility",), repr(given), "public or private", "say which names it writes")])
    return "public" if given == "public" else "private"


def _ingress_kind(given: str) -> IngressKind:
    if given not in ("ingress-nginx", "gateway"):
        raise_if_any([Problem(("ingress",), repr(given), "ingress-nginx or gateway", "name the kind of the ingress")])
    return "gateway" if given == "gateway" else "ingress-nginx"
