"""The component BlueGreen: a service with two sides, switched in one step."""

from typing import NotRequired

import pulumi

from tripod.addons.framework.cluster_facts import ClusterFacts, ClusterInput
from tripod.addons.framework.objects import key_of
from tripod.addons.framework.objects_component import ObjectsComponent
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import BlueGreenSettings
from tripod.workloads.hosts import with_hosts
from tripod.workloads.pods import deployment, service, supporting_objects
from tripod.workloads.routing import ingress_objects
from tripod.workloads.spec import BlueGreenSpec


class BlueGreenArgs(BlueGreenSettings):
    """Arguments of BlueGreen."""

    cluster: NotRequired[ClusterInput]
    """Facts of the cluster, such as AddOns.facts(), with the private zone of its default name."""


class BlueGreen(ObjectsComponent):
    """A service with two sides, blue and green: ``live`` serves requests, the other stands by with its own image.

    The Service selects the live side and is changed after that side's pods are ready: if they never are, the update
    fails, and the old side serves requests as before. Its hosts lead to the Service: the switch is one change of one
    object, for callers in the cluster and for the ingress alike; to roll back, set ``live`` back.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    live: pulumi.Output[str]
    """The side that serves requests, once the switch is done."""
    hosts: pulumi.Output[list[str]]
    """Its hosts, the default one too."""

    def __init__(self, name: str, args: BlueGreenArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(BlueGreenSpec, args, BlueGreenArgs)
        spec = with_hosts(spec, ClusterFacts.of(args["cluster"]) if "cluster" in args else None, opts)
        super().__init__("BlueGreen", name, args, spec.overrides, opts)
        sides = {
            side: deployment(spec, image, replicas=spec.replicas, side=side)
            for side, image in (("blue", spec.blue), ("green", spec.green))
        }
        live, routing = service(spec, spec.live), ingress_objects(spec)
        # The Service waits for pods, and an Ingress is complete once its Service is there (pulumi-kubernetes, provider/
        # pkg/await/ingress.go): it comes after the Service.
        switch = {key_of(live): [key_of(sides[spec.live])], **{key_of(one): [key_of(live)] for one in routing}}
        *_, switched = self.declare(*supporting_objects(spec), *sides.values(), live, *routing, last=switch)
        self.live = switched.id.apply(lambda _: str(spec.live))
        self.hosts = pulumi.Output.from_input([*(spec.hosts or ())])
        self.register_outputs(annotated_outputs(self))
