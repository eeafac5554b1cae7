"""The component BlueGreen: a service with two sides, switched in one step."""

import pulumi

from tripod.addons.framework.objects import key_of
from tripod.addons.framework.objects_component import ObjectsComponent
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import BlueGreenSettings
from tripod.workloads.pods import deployment, service, surroundings
from tripod.workloads.spec import BlueGreenSpec


class BlueGreenArgs(BlueGreenSettings):
    """Arguments of BlueGreen."""


class BlueGreen(ObjectsComponent):
    """A service with two sides, blue and green. ``live`` is called; the other stands by with its own image.

    The Service names the live side, and is changed after that side's pods are ready: an update whose new side
    never becomes ready fails, and the old one is called as before. The switch is one change of one object. Back is
    ``live`` set back: the old side was kept.

    Raises:
        ConfigurationError: the arguments are refused; nothing was made.
    """

    live: pulumi.Output[str]
    """The side that is called, once it is."""

    def __init__(self, name: str, args: BlueGreenArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(BlueGreenSpec, args, BlueGreenArgs)
        super().__init__("BlueGreen", name, args, spec.overrides, opts)
        sides = {
            side: deployment(spec, image, replicas=spec.replicas, side=side)
            for side, image in (("blue", spec.blue), ("green", spec.green))
        }
        called = service(spec, spec.live)
        switch = {key_of(called): [key_of(sides[spec.live])]}
        *_, switched = self.declare(*surroundings(spec), *sides.values(), called, last=switch)
        self.live = switched.id.apply(lambda _: str(spec.live))
        self.register_outputs(annotated_outputs(self))
