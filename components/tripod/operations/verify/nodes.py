"""Control-plane nodes and workers: their zones, launch templates and images."""

import base64
from collections.abc import Iterator

from tripod.core.text import count_of
from tripod.iam.autoscaler_policies import AUTOSCALER_TAG
from tripod.operations.images import launchable_image
from tripod.operations.inventory import ClusterInventory, Described, role_of, tags_of
from tripod.operations.verify.check import Failed, Finding, Passed, check


@check("control-plane-zones", "The control plane serves from several zones", 9, 19, 51)
def control_plane_zones(inventory: ClusterInventory) -> Iterator[Finding]:
    """Groups of fixed size, all of it in service; two zones or more, where a zone may fail."""
    groups = inventory.scaling_groups_of("control-plane")
    zones: set[str] = set()
    for group in groups:
        serving = [one for one in group["Instances"] if one["LifecycleState"] == "InService"]
        zones.update(one["AvailabilityZone"] for one in serving)
        fixed = group["MinSize"] == group["DesiredCapacity"] == group["MaxSize"]
        if not fixed or len(serving) != group["DesiredCapacity"]:
            yield Failed(
                group["AutoScalingGroupName"],
                f"{len(serving)} in service; size {group['MinSize']}/{group['DesiredCapacity']}/{group['MaxSize']}",
                "see the group's scaling activities; its three sizes are equal",
            )
    yield from _too_few_zones(inventory, "control-plane", zones, "add a zone")
    yield Passed(f"nodes in {', '.join(sorted(zones))}")


@check("workers-zones", "Workers are kept in several zones", 32)
def workers_zones(inventory: ClusterInventory) -> Iterator[Finding]:
    """One zone for each group, and two or more in all, where a zone may fail."""
    groups = inventory.scaling_groups_of("workers")
    zones = {one["AvailabilityZone"] for group in groups for one in group["Instances"]}
    for group in groups:
        if len(group["AvailabilityZones"]) != 1:
            yield Failed(
                group["AutoScalingGroupName"],
                f"in {', '.join(group['AvailabilityZones'])}",
                "a group has one zone, so that a volume's pod finds a node: run `pulumi up`",
            )
    yield from _too_few_zones(inventory, "workers", zones, "raise minPerZone in another zone")
    yield Passed(f"{count_of(len(groups), 'group')}; nodes in {', '.join(sorted(zones))}")


def _too_few_zones(inventory: ClusterInventory, role: str, zones: set[str], remedy: str) -> Iterator[Failed]:
    """Find a role whose nodes would all be lost with a zone, where a zone may fail."""
    if inventory.topology["survives"] == "zone" and len(zones) < 2:
        yield Failed(role, f"nodes in {', '.join(zones) or 'no zone'}", remedy)


@check("autoscaler-groups", "The autoscaler finds worker groups, and no others", 32)
def autoscaler_groups(inventory: ClusterInventory) -> Iterator[Finding]:
    """Its two tags on every worker group, and on no group of members or control-plane nodes."""
    for group in inventory.scaling_groups:
        tags = tags_of(group)
        found = {f"{AUTOSCALER_TAG}/enabled", f"{AUTOSCALER_TAG}/{inventory.cluster}"} & tags.keys()
        is_worker = role_of(group) == "workers"
        if is_worker and len(found) < 2:
            yield Failed(
                group["AutoScalingGroupName"], "without the autoscaler's tags: it will not be scaled", "run `pulumi up`"
            )
        if not is_worker and found:
            yield Failed(
                group["AutoScalingGroupName"], "with the autoscaler's tags", "remove them: its size must not move"
            )
    yield Passed(f"{count_of(len(inventory.scaling_groups_of('workers')), 'group')} of workers are tagged, no others")


@check("workers-leave", "A worker is drained before it terminates", 32)
def workers_leave(inventory: ClusterInventory) -> Iterator[Finding]:
    """A lifecycle hook on termination, on every worker group."""
    groups = inventory.scaling_groups_of("workers")
    for group in groups:
        name = group["AutoScalingGroupName"]
        found = inventory.client("autoscaling").describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"]
        if not any(hook["LifecycleTransition"] == "autoscaling:EC2_INSTANCE_TERMINATING" for hook in found):
            yield Failed(name, "no lifecycle hook on termination: pods are cut off", "run `pulumi up`")
    yield Passed(f"{count_of(len(groups), 'group')} with a hook on termination")


@check("metadata-v2", "Instance metadata requires IMDSv2 and one hop", 18)
def metadata_v2(inventory: ClusterInventory) -> Iterator[Finding]:
    """Tokens required and one hop, in every template and on every instance."""
    for name, options in [*_of_templates(inventory), *_of_instances(inventory)]:
        tokens, hops = options.get("HttpTokens"), options.get("HttpPutResponseHopLimit")
        if tokens != "required" or hops != 1:
            yield Failed(name, f"tokens {tokens}, {hops} hops", "require tokens and one hop, then replace the instance")
    yield Passed(f"{count_of(len(inventory.templates), 'template')} and {len(inventory.instances)} instances")


def _of_templates(inventory: ClusterInventory) -> list[tuple[str, Described]]:
    return [(name, data.get("MetadataOptions", {})) for name, data in inventory.templates.items()]


def _of_instances(inventory: ClusterInventory) -> list[tuple[str, Described]]:
    return [(one["InstanceId"], one["MetadataOptions"]) for one in inventory.instances]


@check("no-secrets-in-user-data", "User data holds no key and no password", 15)
def user_data_without_secrets(inventory: ClusterInventory) -> Iterator[Finding]:
    """User data, which every process on an instance may read, in every template."""
    for name, data in inventory.templates.items():
        text = base64.b64decode(data.get("UserData", "")).decode(errors="replace")
        if "PRIVATE KEY" in text or "password" in text.lower():
            yield Failed(name, "a key or password in its user data", "take it out, and change it")
    yield Passed(f"{count_of(len(inventory.templates), 'template')}")


@check("images-launchable", "New instances can be launched from every template's image", 9, 36)
def launchable_images(inventory: ClusterInventory) -> Iterator[Finding]:
    """An image in every template that the account can see and that is available; it may be deprecated."""
    groups: dict[str, list[str]] = {}
    for name, data in inventory.templates.items():
        groups.setdefault(data["ImageId"], []).append(name)
    for image, names in sorted(groups.items()):
        if launchable_image(inventory, image) is None:
            yield Failed(
                ", ".join(sorted(names)),
                f"{image} cannot be launched: no instance of these groups is replaced",
                "pin a newer image, run `pulumi up`, and copy it by `tripod image`",
            )
    yield Passed(count_of(len(groups), "image"))


CHECKS = (
    control_plane_zones,
    workers_zones,
    autoscaler_groups,
    workers_leave,
    metadata_v2,
    user_data_without_secrets,
    launchable_images,
)
