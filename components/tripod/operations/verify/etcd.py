"""etcd: members spread, addressed and provided with their data as designed."""

from collections import Counter
from collections.abc import Iterator

from tripod.core.naming import MEMBER_TAG
from tripod.core.text import count_of
from tripod.etcd.quorum import MIN_MEMBERS, losses_survived, most_in_one_zone, quorum, tolerates_zone_failure
from tripod.operations.inventory import ClusterInventory, Described, member_of, tags_of
from tripod.operations.verify.check import Failed, Finding, Passed, check


def zone_of(group: Described) -> str:
    """The zone of a group's instance; if it has none, the zone it will be in."""
    zones = [instance["AvailabilityZone"] for instance in group["Instances"]]
    return [*zones, *group["AvailabilityZones"]][0]


def members(inventory: ClusterInventory) -> dict[str, Described]:
    """Member → its auto-scaling group."""
    return {member_of(group): group for group in inventory.scaling_groups_of("etcd")}


@check("etcd-members", "Each member of etcd has a group that keeps one instance", 9, 51)
def etcd_members(inventory: ClusterInventory) -> Iterator[Finding]:
    """One group for each member of the topology, of fixed size, whose instance is in service."""
    expected, found, well = set(inventory.topology["members"]), members(inventory), 0
    for missing in sorted(expected - found.keys()):
        yield Failed(missing, f"member {missing} has no auto-scaling group", "run `pulumi up`")
    for group in found.values():
        name = group["AutoScalingGroupName"]
        size = (group["MinSize"], group["DesiredCapacity"], group["MaxSize"])
        if size != (1, 1, 1):
            yield Failed(name, f"size {size[0]}/{size[1]}/{size[2]} (min/desired/max)", "set all three to 1")
        serving = [one for one in group["Instances"] if one["LifecycleState"] == "InService"]
        well += bool(serving)
        if len(serving) != 1:
            yield Failed(name, f"{len(serving)} instances in service", "see the group's scaling activities")
    if well < quorum(len(expected)):
        yield Failed(
            "etcd",
            f"{well} of {count_of(len(expected), 'member')} in service: no quorum, and no API server is ready",
            "bring members back before anything else: see docs/operations.md, quorum lost",
        )
    yield Passed(f"{count_of(len(found), 'member')}: {', '.join(sorted(found))}")


@check("etcd-quorum", "etcd keeps quorum after the loss that cluster.ha allows", 7, 8)
def etcd_quorum(inventory: ClusterInventory) -> Iterator[Finding]:
    """The zones where the members' instances are, or will be: the loss of the worst leaves a majority."""
    zones = [zone_of(group) for group in members(inventory).values()]
    count = len(inventory.topology["members"])
    spread = "/".join(f"{number} in {zone}" for zone, number in sorted(Counter(zones).items()))
    if count < MIN_MEMBERS or count % 2 == 0:
        yield Failed("etcd", f"{count_of(count, 'member')}", "use an odd number, three or more")
    elif inventory.topology["survives"] == "zone" and not tolerates_zone_failure(zones):
        yield Failed(
            "etcd",
            f"{spread}: the loss of one zone takes {most_in_one_zone(zones)} of {count}",
            f"place at most {losses_survived(count)} members in a zone, or choose cluster.ha: node",
        )
    else:
        yield Passed(f"{spread}; survives the loss of any {inventory.topology['survives']}")


@check("etcd-addresses", "Each member has its fixed address", 9)
def etcd_addresses(inventory: ClusterInventory) -> Iterator[Finding]:
    """The interface of a member's template has the address of the topology, and its instance has the interface."""
    interfaces = {
        interface["NetworkInterfaceId"]: interface
        for interface in inventory.owned("describe_network_interfaces", "NetworkInterfaces")
    }
    for member, group in members(inventory).items():
        name = group["AutoScalingGroupName"]
        wanted = inventory.topology["members"].get(member)
        given = inventory.templates[name]["NetworkInterfaces"][0].get("NetworkInterfaceId")
        address = interfaces.get(given, {}).get("PrivateIpAddress")
        if address != wanted:
            yield Failed(name, f"its interface {given} has {address}; member {member} is {wanted}", "run `pulumi up`")
    yield Passed(", ".join(f"{member} {address}" for member, address in inventory.topology["members"].items()))


@check("etcd-volumes", "Each member has one volume, in its zone", 9, 13)
def etcd_volumes(inventory: ClusterInventory) -> Iterator[Finding]:
    """Exactly one match, as the boot agent demands: none or two would stop it."""
    for member, group in members(inventory).items():
        zone = group["AvailabilityZones"][0]
        found = [volume for volume in inventory.data_volumes if tags_of(volume).get(MEMBER_TAG) == member]
        if len(found) != 1:
            ids = ", ".join(volume["VolumeId"] for volume in found) or "none"
            yield Failed(
                member,
                f"{count_of(len(found), 'volume')}: {ids}",
                "a member has one: see docs/operations.md, lost volume",
            )
        elif found[0]["AvailabilityZone"] != zone:
            yield Failed(
                found[0]["VolumeId"],
                f"in {found[0]['AvailabilityZone']}; member {member} is in {zone}",
                "delete it if it is a copy; an empty volume in the member's zone follows with `pulumi up --refresh`",
            )
    yield Passed(f"{count_of(len(inventory.data_volumes), 'volume')}, one for each member")


@check("etcd-self-healing", "No group replaces nodes because etcd lacks quorum", 9)
def self_healing(inventory: ClusterInventory) -> Iterator[Finding]:
    """Health checks of kind EC2: an etcd without quorum fails every other check, on every node."""
    groups = [*inventory.scaling_groups_of("etcd"), *inventory.scaling_groups_of("control-plane")]
    for group in groups:
        if group["HealthCheckType"] != "EC2":
            yield Failed(
                group["AutoScalingGroupName"],
                f"health check {group['HealthCheckType']}",
                "set it to EC2: when etcd lacks quorum the group would terminate every node",
            )
    yield Passed(f"{count_of(len(groups), 'group')} with EC2 health checks")


CHECKS = (etcd_members, etcd_quorum, etcd_addresses, etcd_volumes, self_healing)
