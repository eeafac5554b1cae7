"""SSM parameters that a cluster's nodes write. They are in no engine's state."""

from collections.abc import Iterator

from tripod.operations.inventory import ClusterInventory
from tripod.pki.secret_names import ClusterPaths


def join_tokens(inventory: ClusterInventory) -> list[str]:
    """The names of parameters with join tokens, of any incarnation: of no use without the cluster."""
    return [name for name, paths in _parameters(inventory) if name == paths.join_token]


def records_of_quorum(inventory: ClusterInventory) -> list[str]:
    """The names of parameters by which members tell a new cluster from one whose volumes hold data, as these do."""
    return [name for name, paths in _parameters(inventory) if name == paths.initialised]


def _parameters(inventory: ClusterInventory) -> Iterator[tuple[str, ClusterPaths]]:
    """Name → paths of the incarnation in it. By names, since an earlier release tagged none."""
    ours = [{"Key": "Name", "Option": "BeginsWith", "Values": [f"/{inventory.cluster}/"]}]
    for one in inventory.pages("ssm", "describe_parameters", "Parameters", ParameterFilters=ours):
        yield one["Name"], ClusterPaths(inventory.cluster, one["Name"].split("/")[2])
