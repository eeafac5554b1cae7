"""The component WebService: a service that answers over HTTP, with all that it needs, in one call."""

from typing import NotRequired

import pulumi

from tripod.addons.framework.account_role import account_role
from tripod.addons.framework.cluster_facts import ClusterFacts, ClusterInput
from tripod.addons.framework.objects_component import ObjectsComponent
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.problems import Problem, raise_if_any
from tripod.core.spec_types import WebServiceSettings
from tripod.workloads.pods import deployment, service, surroundings
from tripod.workloads.routing import autoscaler, entry
from tripod.workloads.spec import WebServiceSpec


class WebServiceArgs(WebServiceSettings):
    """Arguments of WebService."""

    policy: NotRequired[pulumi.Input[str]]
    """What it may do in AWS: a policy document (JSON); by default nothing."""
    cluster: NotRequired[ClusterInput]
    """Facts of the cluster, with the issuer of its service-account tokens; needed with a policy."""


class WebService(ObjectsComponent):
    """A service: Deployment, Service, autoscaler, disruption budget, account, network policies, and a way in.

    It is there when its pods are ready. A new image takes over pod by pod; one whose pods never become ready fails
    the update, and the pods of the old one go on.

    Raises:
        ConfigurationError: the arguments are refused; nothing was made.
    """

    role_arn: pulumi.Output[str | None]
    """Its role in AWS; None without a policy."""

    def __init__(self, name: str, args: WebServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(WebServiceSpec, args, WebServiceArgs)
        cluster = ClusterFacts.of(args["cluster"]) if "cluster" in args else None
        raise_if_any(_lonely_policy(args))
        super().__init__("WebService", name, args, spec.overrides, opts)
        role = None
        if cluster and "policy" in args:
            role = account_role(self, f"{name}-role", cluster, (spec.namespace, spec.name), args["policy"])
        self.declare(
            *surroundings(spec),
            deployment(spec, spec.image, role=role, region=cluster.region if cluster else ""),
            service(spec),
            autoscaler(spec),
            *entry(spec),
        )
        self.role_arn = pulumi.Output.from_input(role)
        self.register_outputs(annotated_outputs(self))


def _lonely_policy(args: WebServiceArgs) -> list[Problem]:
    """Problem of a policy without a cluster: no issuer, no role."""
    if "policy" in args and "cluster" not in args:
        return [Problem(("cluster",), "nothing", "the cluster, with a policy", "pass Cluster.facts()")]
    return []
