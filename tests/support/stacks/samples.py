"""Valid configurations to break, and strategies that several files share."""

from collections.abc import Iterable, Iterator
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from tripod.cluster.spec import ClusterSpec
from tripod.core.problems import Problem
from tripod.iam.instance_policies import PolicyInputs
from tripod.pki.secret_names import SecretName

few = settings(max_examples=40, deadline=None)
"""Settings for properties with slow examples. Without a deadline, a busy computer fails no test."""

AMI = "ami-0123456789abcdef0"

ZONES = ("us-west-2a", "us-west-2b", "us-west-2c", "us-west-2d")


def ec2_id(kind: str, number: int = 1) -> str:
    """An id as EC2 gives it: ``vpc-00000000000000001``."""
    return f"{kind}-{number:017x}"


def adopted_vpc(*zones: str) -> dict[str, Any]:
    """A network's `adopt`: a VPC of 10.0.0.0/16 with three subnets in each zone."""
    subnets = {
        zone: {
            tier: {"id": ec2_id("subnet", 16 * slot + place), "cidr": f"10.0.{16 * slot + place}.0/24"}
            for place, tier in enumerate(("public", "nodes", "control"))
        }
        for slot, zone in enumerate(zones)
    }
    return {"vpcId": ec2_id("vpc"), "zones": subnets, "privateRouteTables": [ec2_id("rtb")]}


def cluster_values(**sections: Any) -> dict[str, Any]:
    """A valid cluster, with some keys of its sections replaced or added."""
    values: dict[str, Any] = {
        "region": "us-west-2",
        "cluster": {"name": "demo", "environment": "test", "owner": "somebody"},
        "network": {"cidr": "10.0.0.0/16", "zones": {zone: slot for slot, zone in enumerate(ZONES[:3])}},
        "images": {"amd64": AMI, "arm64": AMI},
        "workers": [{"name": "general", "instanceTypes": ["m7g.large"]}],
    }
    for name, changes in sections.items():
        merged = isinstance(changes, dict) and isinstance(values.get(name, {}), dict)
        values[name] = {**values.get(name, {}), **changes} if merged else changes
    return values


def cluster(**sections: Any) -> ClusterSpec:
    return ClusterSpec.load(cluster_values(**sections))


def locations(problems: Iterable[Problem]) -> list[str]:
    return [problem.location for problem in problems]


def cluster_problems(**sections: Any) -> list[str]:
    """Locations of the problems of a cluster."""
    return locations(ClusterSpec.read(cluster_values(**sections))[1])


def statements(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from document["Statement"]


json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


ACCOUNT = "123456789012"


def policy_facts(partition: str = "aws", region: str = "us-west-2") -> PolicyInputs:
    """The cluster that policies of instances are written for."""

    def arn(service: str, resource: str) -> str:
        return f"arn:{partition}:{service}:{region}:{ACCOUNT}:{resource}"

    return PolicyInputs(
        partition=partition,
        region=region,
        account_id=ACCOUNT,
        cluster="demo",
        incarnation="a1b2",
        payload_bucket_arn=f"arn:{partition}:s3:::demo-payload",
        snapshot_bucket_arn=f"arn:{partition}:s3:::demo-snapshots",
        storage_key_arn=arn("kms", "key/storage"),
        secrets_key_arn=arn("kms", "key/secrets"),
        secret_arns={name: arn("secretsmanager", f"secret:demo/a1b2/{name}-AbCdEf") for name in SecretName},
    )


ATTACHED: dict[str, Any] = {
    "name": "data",
    "cidr": "10.99.0.0/16",
    "vpcId": "vpc-0123456789abcdef0",
    "routeTables": ["rtb-0123456789abcdef0"],
    "databases": [
        {
            "name": "orders",
            "endpoint": "orders.abc.us-west-2.rds.amazonaws.com",
            "securityGroup": "sg-0123456789abcdef0",
            "zones": ["us-west-2a", "us-west-2b"],
        }
    ],
}
"""A peer whose VPC and database exist."""
