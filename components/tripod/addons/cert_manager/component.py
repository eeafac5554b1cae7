"""The add-ons CertManager and Issuers: certificates by ACME."""

import json
from typing import NotRequired

import pulumi

from tripod.addons.cert_manager.objects import ACCOUNT, NAMESPACE, acme_issuer, cert_manager, cert_manager_values
from tripod.addons.cert_manager.spec import CertManagerSpec, IssuersSpec
from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.charts import Chart
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.regions import partition
from tripod.core.spec_types import CertManagerSettings, IssuersSettings
from tripod.iam.dns_policies import challenges_policy

CHART = Chart("cert-manager", "v1.21.1", "https://charts.jetstack.io")


class CertManagerArgs(AddOnArgs, CertManagerSettings):
    """Arguments of CertManager."""

    zone_id: NotRequired[pulumi.Input[str]]
    """The public zone in which it answers DNS-01 challenges; without it, it has no rights in AWS."""


class CertManager(AddOn):
    """cert-manager with its custom resource definitions; it is created once its webhook answers.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: CertManagerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(CertManagerSpec, args, CertManagerArgs)
        super().__init__("CertManager", name, args, spec, opts)
        zone_id, region = args.get("zone_id"), self.cluster.region
        role_arn = None
        if zone_id is not None:
            policy = pulumi.Output.from_input(zone_id).apply(
                lambda id_: json.dumps(challenges_policy(partition(region), id_))
            )
            role_arn = self.role(NAMESPACE, ACCOUNT, policy)
        objects = self.declare(*cert_manager(self.cluster))
        self.release(CHART, NAMESPACE, cert_manager_values(self.cluster, spec.replicas, role_arn), spec, after=objects)
        self.register_outputs(annotated_outputs(self))


class IssuersArgs(AddOnArgs, IssuersSettings):
    """Arguments of Issuers."""

    zone: str
    """The public zone's domain."""
    zone_id: str
    """That zone's id."""


class Issuers(AddOn):
    """The issuers of certificates. It depends on cert-manager.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: IssuersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(IssuersSpec, args, IssuersArgs)
        super().__init__("Issuers", name, args, spec, opts)
        self.declare(acme_issuer(self.cluster, spec.email, (args["zone"], args["zone_id"])))
        self.register_outputs(annotated_outputs(self))
