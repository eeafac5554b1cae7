"""Manual changes: the engine finds them, and sets them back."""

from support.account.rehearsed import Copy
from support.engine import EngineStack
from support.faults.etcd import group_of_two
from support.faults.finding import of_role
from support.faults.perimeter import separate_members


def _meddle(stack: EngineStack) -> None:
    """Separate etcd's members, let a group of one launch two, give a subnet another owner; add a worker."""
    account = Copy(stack.endpoint, stack.region, stack.cluster)
    separate_members(account)
    group_of_two(account)
    account.ec2.create_tags(Resources=[_first_subnet(stack)], Tags=[{"Key": "owner", "Value": "somebody"}])
    stack.client("autoscaling").set_desired_capacity(AutoScalingGroupName=_workers(stack), DesiredCapacity=2)


def _first_subnet(stack: EngineStack) -> str:
    subnets = stack.client("ec2").describe_subnets(Filters=of_role("nodes"))["Subnets"]
    return min(subnets, key=lambda subnet: subnet["AvailabilityZone"])["SubnetId"]


def _owner(stack: EngineStack, subnet: str) -> str:
    (found,) = stack.client("ec2").describe_subnets(SubnetIds=[subnet])["Subnets"]
    return next(tag["Value"] for tag in found["Tags"] if tag["Key"] == "owner")


def _workers(stack: EngineStack) -> str:
    return f"{stack.cluster}-workers-general-0"


def _desired_workers(stack: EngineStack) -> int:
    found = stack.client("autoscaling").describe_auto_scaling_groups(AutoScalingGroupNames=[_workers(stack)])
    return found["AutoScalingGroups"][0]["DesiredCapacity"]


def test_the_engine_sees_and_mends_what_was_changed_by_hand(local: EngineStack) -> None:
    owner = _owner(local, _first_subnet(local))
    _meddle(local)
    assert local.broken() == {"etcd-members", "matrix"}

    plan = local.preview("--refresh")
    assert plan.changes() == {
        "create": {"cluster-security-etcd-from-etcd-tcp-2380"},
        "update": {"cluster-network-nodes-0", "cluster-etcd-0-0-group"},
    }
    assert "tags" in plan.reasons()["cluster-network-nodes-0"]
    assert "maxSize" in plan.reasons()["cluster-etcd-0-0-group"]

    local.pulumi("up", "--refresh", "--yes", "--skip-preview")
    assert local.broken() == set()
    assert _owner(local, _first_subnet(local)) == owner
    # The number of workers is the autoscaler's.
    assert _desired_workers(local) == 2
