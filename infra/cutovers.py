"""Names that move from an old load balancer to the cluster."""

from typing import cast

from settings import Settings
from tripod import WeightedCutover, WeightedCutoverArgs


def declare_cutovers(settings: Settings) -> dict[str, WeightedCutover]:
    """Declare the names of every cut-over; `tripod cutover` moves them: cut-over → its names."""
    owned = {
        "cluster_name": settings.cluster.name,
        "tags": settings.cluster.all_tags(),
        "protect": settings.cluster.protect,
    }
    return {
        one.name: WeightedCutover(f"cutover-{one.name}", cast("WeightedCutoverArgs", {**owned, **one.plain()}))
        for one in settings.cutovers
    }
