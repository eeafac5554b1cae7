"""A team's own program: a cluster, and a bucket that one of its service accounts may read."""

import json

import pulumi
import pulumi_aws as aws

from tripod import Cluster, ServiceAccountRole

TAGS = {"project": "shop", "owner": "shop-team", "environment": "dev"}

cluster = Cluster(
    "shop",
    {
        "region": "eu-west-1",
        "cluster": {"name": "shop", "environment": "dev", "owner": "shop-team", "project": "shop"},
        "network": {"cidr": "10.40.0.0/16", "zones": {"eu-west-1a": 0, "eu-west-1b": 1, "eu-west-1c": 2}},
        "images": {"arm64": "ami-0123456789abcdef0"},
        "workers": [{"name": "general", "instance_types": ["m7g.large"], "min_per_zone": 1, "max_per_zone": 3}],
    },
)

# Only the service account of `orders` may read it.
invoices = aws.s3.Bucket("invoices", tags=TAGS)
orders = ServiceAccountRole(
    "orders",
    {
        "cluster_name": "shop",
        "tags": TAGS,
        "region": "eu-west-1",
        "provider_arn": cluster.issuer_provider_arn,
        "issuer_url": cluster.issuer_url,
        "accepted_providers": cluster.accepted_providers,
        "namespace": "shop",
        "service_account": "orders",
        "policy": invoices.arn.apply(
            lambda arn: json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{arn}/*"}],
                }
            )
        ),
    },
)

pulumi.export("endpoint", cluster.endpoint)
pulumi.export("ordersRole", orders.role_arn)
