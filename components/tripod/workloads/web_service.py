"""The component WebService: an HTTP service with all the objects that it needs."""

from typing import NotRequired

import pulumi

from tripod.addons.framework.account_role import account_role
from tripod.addons.framework.cluster_facts import ClusterFacts, ClusterInput
from tripod.addons.framework.objects_component import ObjectsComponent
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.problems import Problem, raise_if_any
from tripod.core.spec_types import WebServiceSettings
from tripod.workloads.hosts import with_hosts
from tripod.workloads.pods import deployment, service, supporting_objects
from tripod.workloads.routing import autoscaler, ingress_objects
from tripod.workloads.spec import WebServiceSpec


class WebServiceArgs(WebServiceSettings):
    """Arguments of WebService."""

    policy: NotRequired[pulumi.Input[str]]
    """Its AWS permissions: a policy document (JSON); by default none. With one it may connect by HTTPS."""
    cluster: NotRequired[ClusterInput]
    """Facts of the cluster, such as AddOns.facts(): the issuer of its service-account tokens, needed with a policy,
    and the private zone of its default name."""


class WebService(ObjectsComponent):
    """A service: Deployment, Service, autoscaler, disruption budget, service account, network policies and ingress.

    It counts as created once its pods are ready. A rolling update replaces pods one by one; if new pods never become
    ready, the update fails, and the old pods keep serving.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    role_arn: pulumi.Output[str | None]
    """The ARN of its AWS role; None without a policy."""
    hosts: pulumi.Output[list[str]]
    """Its hosts, the default one too."""

    def __init__(self, name: str, args: WebServiceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(WebServiceSpec, args, WebServiceArgs)
        cluster = ClusterFacts.of(args["cluster"]) if "cluster" in args else None
        raise_if_any(_policy_problems(args))
        spec = with_hosts(spec, cluster, opts)
        super().__init__("WebService", name, args, spec.overrides, opts)
        role = None
        if cluster and "policy" in args:
            role = account_role(self, f"{name}-role", cluster, (spec.namespace, spec.name), args["policy"])
        self.declare(
            *supporting_objects(spec, calls_aws=role is not None),
            deployment(spec, spec.image, role=role, region=cluster.region if cluster else ""),
            service(spec),
            autoscaler(spec),
            *ingress_objects(spec),
        )
        self.role_arn = pulumi.Output.from_input(role)
        self.hosts = pulumi.Output.from_input([*(spec.hosts or ())])
        self.register_outputs(annotated_outputs(self))


def _policy_problems(args: WebServiceArgs) -> list[Problem]:
    """Problem of a policy without a cluster: no issuer, no role."""
    if "policy" in args and "cluster" not in args:
        return [Problem(("cluster",), "nothing", "the cluster, with a policy", "pass Cluster.facts()")]
    return []
