"""Names that move from an old load balancer to the cluster."""

from tripod import AddOns, WeightedCutover
from tripod.stack.arguments import cutover_args
from tripod.stack.spec import StackSpec


def declare_cutovers(spec: StackSpec, add_ons: AddOns | None) -> dict[str, WeightedCutover]:
    """Declare the records of every cut-over, which `tripod cutover` changes: cut-over → its component."""
    return {one.name: WeightedCutover(f"cutover-{one.name}", cutover_args(spec, one, add_ons)) for one in spec.cutovers}
