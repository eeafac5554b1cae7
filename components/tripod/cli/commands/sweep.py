"""`tripod sweep`."""

from tripod.cli.commands.options import Json, Name, Stack, Yes
from tripod.cli.errors import stack_errors
from tripod.cli.output.streams import print_json


def sweep(stack: Stack, *, yes: Yes = False, cluster: Name = "", as_json: Json = False) -> None:
    """Remove the rules that the cloud controller made in the workers' security group in earlier releases.

    Rules of the cluster's matrix let load balancers in instead. It is refused while any load balancer would be cut.
    """
    from rich.text import Text

    from tripod.cli.commands.common import busy, preview
    from tripod.cli.output.refusals import refusals_json
    from tripod.cli.target import open_cluster
    from tripod.core.text import count_of
    from tripod.operations import controller_rules

    with stack_errors(stack, as_json=as_json):
        inventory = open_cluster(stack, cluster).inventory()
        if not yes:
            with busy("Reading AWS"):
                plan = controller_rules.sweep_plan(inventory)
            lines = [controller_rules.describe(rule) for rule in plan.rules]
            said = "\n".join([f"{count_of(len(lines), 'rule')} of the cloud controller", *lines])
            data = {"rules": lines, "refusals": refusals_json(plan.refusals)}
            preview(as_json, data, lambda console: console.print(Text(said), soft_wrap=True), plan.refusals)
            return
        with busy("Removing rules") as log:
            removed = controller_rules.sweep(inventory, log)
            log(f"{count_of(len(removed), 'rule')} removed")
    if as_json:
        print_json({"removed": [controller_rules.describe(rule) for rule in removed]})
