"""A cluster with Tripod's add-ons, and an own add-on in the last line."""

import pulumi
from whoami import Whoami

from tripod import AddOns, Cluster

cluster = Cluster(
    "cluster",
    {
        "region": "eu-west-1",
        "cluster": {"name": "tools", "environment": "dev", "owner": "tools-team"},
        "network": {"cidr": "10.41.0.0/16", "zones": {"eu-west-1a": 0, "eu-west-1b": 1, "eu-west-1c": 2}},
        "images": {"arm64": "ami-0123456789abcdef0"},
        "workers": [{"name": "general", "instance_types": ["m7g.large"], "min_per_zone": 1, "max_per_zone": 3}],
    },
)
facts = cluster.facts()
add_ons = AddOns(
    "add-ons",
    {"kubeconfig": cluster.kubeconfig, "cluster": facts},
    pulumi.ResourceOptions(depends_on=[cluster]),
)
Whoami("whoami", {"cluster": facts}, add_ons.options())
