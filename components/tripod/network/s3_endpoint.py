"""The gateway endpoint of S3, and its policy: reading any bucket, everything else only in one's own accounts."""

import json
from collections.abc import Mapping, Sequence

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory
from tripod.core.iam_documents import Document

READING = ("s3:GetBucketLocation", "s3:GetObject", "s3:GetObjectVersion", "s3:ListAllMyBuckets", "s3:ListBucket")


def make_s3_endpoint(
    children: ChildFactory,
    vpc_id: pulumi.Input[str],
    tables: Mapping[int, pulumi.Input[str]],
    region: str,
    account_id: pulumi.Input[str],
    further_accounts: Sequence[str],
) -> None:
    """Make the way to S3 without the NAT gateway: payloads, snapshots and image layers cost nothing on it.

    Args:
        children: names, parents and tags of the resources.
        vpc_id: the VPC.
        tables: slot → id of its private route table.
        region: the region.
        account_id: the cluster's account.
        further_accounts: other accounts whose buckets may be written to.
    """
    policy = pulumi.Output.from_input(account_id).apply(
        lambda own: json.dumps(s3_endpoint_policy([own, *further_accounts]))
    )
    endpoint = aws.ec2.VpcEndpoint(
        children.logical_name("s3"),
        vpc_id=vpc_id,
        vpc_endpoint_type="Gateway",
        service_name=f"com.amazonaws.{region}.s3",
        policy=policy,
        tags=children.tags("s3", role="network"),
        opts=children.opts(),
    )
    for slot, table in tables.items():
        aws.ec2.VpcEndpointRouteTableAssociation(
            children.logical_name("s3-routes", slot),
            vpc_endpoint_id=endpoint.id,
            route_table_id=table,
            opts=children.opts(),
        )


def s3_endpoint_policy(accounts: Sequence[str]) -> Document:
    """Build the endpoint's policy. Nothing is written into a bucket of another account, with whatever credentials.

    Reading cannot be limited to a list of buckets: besides ECR's layers (prod-REGION-starport-layer-bucket) and Systems
    Manager's documents and packages, registries redirect clients in AWS to public buckets of their own in the same
    region, and move them (registry.k8s.io: kubernetes/k8s.io 4214 and prometheus-community/helm-charts 2421; Docker
    Hub: docker/hub-feedback 1318). Each of them failed behind such a list with 403.

    Args:
        accounts: the accounts whose buckets may be written to.
    """
    own = {"StringEquals": {"aws:ResourceAccount": sorted(set(accounts))}}
    return {
        "Version": "2012-10-17",
        "Statement": [
            {"Sid": "OwnBuckets", **_everybody(["s3:*"]), "Condition": own},
            {"Sid": "ReadAnyBucket", **_everybody(list(READING))},
        ],
    }


def _everybody(actions: list[str]) -> Document:
    """Anybody, since images are pulled anonymously; what a principal may do, its own policies and the bucket's say."""
    return {"Effect": "Allow", "Principal": "*", "Action": actions, "Resource": "*"}
