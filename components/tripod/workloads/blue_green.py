"""The component BlueGreen: a service with two sides, switched in one step."""

import pulumi

from tripod.addons.framework.objects import key_of
from tripod.addons.framework.objects_component import ObjectsComponent
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import BlueGreenSettings
from tripod.workloads.pods import deployment, service, supporting_objects
from tripod.workloads.spec import BlueGreenSpec


class BlueGreenArgs(BlueGreenSettings):
    """Arguments of BlueGreen."""


class BlueGreen(ObjectsComponent):
    """A service with two sides, blue and green: ``live`` serves requests, the other stands by with its own image.

    The Service selects the live side and is changed after that side's pods are ready: if they never are, the update
    fails, and the old side serves requests as before. The switch is one change of one object; to roll back, set
    ``live`` back.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    live: pulumi.Output[str]
    """The side that serves requests, once the switch is done."""

    def __init__(self, name: str, args: BlueGreenArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(BlueGreenSpec, args, BlueGreenArgs)
        super().__init__("BlueGreen", name, args, spec.overrides, opts)
        sides = {
            side: deployment(spec, image, replicas=spec.replicas, side=side)
            for side, image in (("blue", spec.blue), ("green", spec.green))
        }
        live = service(spec, spec.live)
        switch = {key_of(live): [key_of(sides[spec.live])]}
        *_, switched = self.declare(*supporting_objects(spec), *sides.values(), live, last=switch)
        self.live = switched.id.apply(lambda _: str(spec.live))
        self.register_outputs(annotated_outputs(self))
