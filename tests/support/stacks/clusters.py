"""Several clusters in one program, as a team might declare them."""

from copy import deepcopy
from typing import Any

import pulumi

from support.stacks.planned import config_of, settings_of
from tripod import Cluster
from tripod.rehearsal.plan_backend import PlanBackend
from tripod.rehearsal.program import Recording, record_function


def clusters(count: int) -> Recording:
    """The plan of a program with some clusters like staging's, but for their names."""
    settings = settings_of("staging")

    def program() -> None:
        for index in range(count):
            args: dict[str, Any] = {
                key.removeprefix("tripod:"): deepcopy(value)
                for key, value in settings.items()
                if key.startswith("tripod:") and key not in ("tripod:peers", "tripod:addOns")
            }
            args["cluster"]["name"] = f"cluster-{index}"
            cluster = Cluster(f"cluster-{index}", {**args, "region": "us-west-2"})  # pyright: ignore[reportArgumentType]
            pulumi.export(f"cluster-{index}", {"endpoint": cluster.endpoint, "workers": cluster.worker_group_names})

    return record_function(program, "many", "test", config_of({"aws:region": "us-west-2"}), PlanBackend("us-west-2"))
