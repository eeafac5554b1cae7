"""Tripod's network alone, for a cluster built by other means."""

import pulumi
import pulumi_aws as aws

from tripod import Network

network = Network(
    "ground",
    {
        "cluster_name": "ground",
        "tags": {"project": "ground", "owner": "platform", "environment": "dev"},
        "region": "eu-west-1",
        "account_id": aws.get_caller_identity_output().account_id,
        "cidr": "10.50.0.0/16",
        "zones": {"eu-west-1a": 0, "eu-west-1b": 1, "eu-west-1c": 2},
    },
)

pulumi.export("vpc", network.vpc_id)
pulumi.export("nodeSubnets", network.node_subnet_ids)
