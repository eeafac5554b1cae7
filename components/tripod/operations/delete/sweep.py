"""Removing what Kubernetes made, in an order in which nothing holds the next."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import get_args

from botocore.exceptions import ClientError

from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.operations.delete.leftovers import Kind, Leftover, leftovers
from tripod.operations.inventory import ClusterInventory
from tripod.operations.waiting import Log, NotYetError, await_result, retry_transient
from tripod.stack.aws_clients import error_code

_GONE = {
    "LoadBalancerNotFound",
    "TargetGroupNotFound",
    "InvalidGroup.NotFound",
    "InvalidNetworkInterfaceID.NotFound",
    "InvalidVolume.NotFound",
    "InvalidSnapshot.NotFound",
    "ParameterNotFound",
}
_HELD = {
    "DependencyViolation",
    "ResourceInUse",
    "VolumeInUse",
    "InvalidSnapshot.InUse",
    "InvalidNetworkInterface.InUse",
    "OperationNotPermitted",
}
"""Error codes of resources that others still depend on: a deletion takes time."""


@dataclass(frozen=True)
class Sweeper:
    """Removes what Kubernetes made.

    Attributes:
        inventory: makes an inventory without cached answers.
        retry_policy: limits of the wait for what depends on a resource.
        log: takes lines of progress.
        keep: the ids of resources that stay.
    """

    inventory: Callable[[], ClusterInventory]
    retry_policy: RetryPolicy
    log: Log
    keep: frozenset[str] = frozenset()

    def sweep(self) -> list[Leftover]:
        """Remove all that Kubernetes made, and return what was removed.

        Raises:
            OperationError: something cannot be removed; the message says what depends on it.
        """
        removed: list[Leftover] = []
        for kind in get_args(Kind):
            for one in self._left(kind):
                self.log(f"{one.kind} {one.id}{f' of {one.of}' if one.of else ''}: removing")
                self._remove(one)
                removed.append(one)
            self._await_gone(kind)
        return removed

    def _left(self, kind: Kind) -> list[Leftover]:
        return [one for one in leftovers(self.inventory(), kind) if one.id not in self.keep]

    def _remove(self, one: Leftover) -> None:
        inventory = self.inventory()
        if one.kind == "security group":
            forget_group(inventory, one.id)

        def remove() -> None:
            try:
                _REMOVALS[one.kind](inventory, one.id)
            except ClientError as error:
                code = error_code(error)
                if code in _HELD:
                    raise NotYetError(str(error)) from error
                if code not in _GONE:
                    raise

        hint = "Nothing else was touched; mend that, and run it again"
        await_result(f"{one.kind} {one.id}", remove, self.retry_policy, self.log, hint)

    def _await_gone(self, kind: Kind) -> None:
        """Wait until nothing of a kind is listed any more: what goes still holds others."""

        def check() -> None:
            left = self._left(kind)
            if left:
                raise NotYetError(f"{', '.join(one.id for one in left)} still there")

        await_result(f"the end of every {kind}", retry_transient(check), self.retry_policy, self.log)


def forget_group(inventory: ClusterInventory, id_: str) -> None:
    """Remove the rules of the cluster's other groups that name a group: the cloud controller put them there.

    Rules of groups that are not the cluster's are not touched: they hold the group, and AWS says which.
    """
    ours = {one["GroupId"] for one in inventory.owned("describe_security_groups", "SecurityGroups")}
    rules = inventory.filtered("describe_security_group_rules", "SecurityGroupRules", "group-id", ours - {id_})
    client = inventory.client("ec2")
    for rule in rules:
        if rule.get("ReferencedGroupInfo", {}).get("GroupId") != id_:
            continue
        revoke = client.revoke_security_group_egress if rule["IsEgress"] else client.revoke_security_group_ingress
        revoke(GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])


def _client(service: str, operation: str, argument: str) -> Callable[[ClusterInventory, str], None]:
    def remove(inventory: ClusterInventory, id_: str) -> None:
        getattr(inventory.client(service), operation)(**{argument: id_})

    return remove


_REMOVALS: dict[Kind, Callable[[ClusterInventory, str], None]] = {
    "load balancer": _client("elbv2", "delete_load_balancer", "LoadBalancerArn"),
    "classic load balancer": _client("elb", "delete_load_balancer", "LoadBalancerName"),
    "target group": _client("elbv2", "delete_target_group", "TargetGroupArn"),
    "network interface": _client("ec2", "delete_network_interface", "NetworkInterfaceId"),
    "security group": _client("ec2", "delete_security_group", "GroupId"),
    "volume": _client("ec2", "delete_volume", "VolumeId"),
    "snapshot": _client("ec2", "delete_snapshot", "SnapshotId"),
    "parameter": _client("ssm", "delete_parameter", "Name"),
}
