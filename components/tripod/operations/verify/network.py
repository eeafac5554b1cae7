"""The network: private nodes, egress, DNS, flow logs."""

from collections.abc import Iterator

from tripod.core.naming import ROLE_TAG
from tripod.core.text import count_of
from tripod.network.addresses import LOAD_BALANCER_TAGS
from tripod.operations.inventory import ClusterInventory, Described, tags_of
from tripod.operations.verify.check import Failed, Finding, Passed, check

_DEFAULT = "0.0.0.0/0"


def private_subnets(inventory: ClusterInventory) -> list[Described]:
    """The subnets in which instances are."""
    used = {instance["SubnetId"] for instance in inventory.instances}
    tagged = {s["SubnetId"] for s in inventory.subnets if tags_of(s).get(ROLE_TAG) in ("nodes", "control")}
    return [subnet for subnet in inventory.subnets if subnet["SubnetId"] in used | tagged]


def default_route(table: Described) -> Described | None:
    """The default route of a table."""
    return next((route for route in table["Routes"] if route.get("DestinationCidrBlock") == _DEFAULT), None)


@check("private-nodes", "No instance is on the Internet", 3, 18)
def private_nodes(inventory: ClusterInventory) -> Iterator[Finding]:
    """Public addresses of instances, and what subnets and templates would give them."""
    for instance in inventory.instances:
        if instance.get("PublicIpAddress"):
            yield Failed(instance["InstanceId"], f"has {instance['PublicIpAddress']}", "replace the instance")
    for subnet in private_subnets(inventory):
        if subnet.get("MapPublicIpOnLaunch"):
            yield Failed(
                subnet["SubnetId"], "gives public addresses to what is launched in it", "turn off MapPublicIpOnLaunch"
            )
    for name, data in inventory.templates.items():
        if any(interface.get("AssociatePublicIpAddress") for interface in data.get("NetworkInterfaces", [])):
            yield Failed(name, "its template asks for a public address", "run `pulumi up`, then replace its instances")
    yield Passed(f"{len(inventory.instances)} instances in {len(private_subnets(inventory))} private subnets")


@check("ways-out", "Nodes have egress through a NAT gateway of their zone", 3)
def ways_out(inventory: ClusterInventory) -> Iterator[Finding]:
    """The default route of every private subnet's table."""
    gateways = {
        gateway["NatGatewayId"]: gateway
        for gateway in inventory.filtered("describe_nat_gateways", "NatGateways", "vpc-id", [inventory.vpc_id])
    }
    zones = {subnet["SubnetId"]: subnet["AvailabilityZone"] for subnet in inventory.subnets}
    for subnet in private_subnets(inventory):
        table = inventory.route_table_of(subnet["SubnetId"])
        route = default_route(table) or {}
        gateway = gateways.get(route.get("NatGatewayId", ""))
        if gateway is None or gateway["State"] != "available":
            leaves = route.get("GatewayId") or route.get("NatGatewayId") or "nowhere"
            yield Failed(
                subnet["SubnetId"],
                f"its table {table['RouteTableId']} leads to {leaves}",
                "route 0.0.0.0/0 to a NAT gateway: run `pulumi up --refresh`",
            )
        elif inventory.topology["survives"] == "zone" and zones.get(gateway["SubnetId"]) != subnet["AvailabilityZone"]:
            yield Failed(
                subnet["SubnetId"],
                f"in {subnet['AvailabilityZone']}, leaves through {gateway['NatGatewayId']} of another zone",
                "route it to its own zone's gateway",
            )
    yield Passed(f"{count_of(len(gateways), 'NAT gateway')}")


@check("vpc-names", "The VPC has DNS resolution and DNS host names", 3, 20)
def vpc_names(inventory: ClusterInventory) -> Iterator[Finding]:
    """Both DNS attributes of the cluster's VPC; the second is off in a new one."""
    yield from dns_attributes(inventory, inventory.vpc_id, inventory.region)


def dns_attributes(inventory: ClusterInventory, vpc_id: str, region: str) -> Iterator[Finding]:
    """Both DNS attributes of a VPC."""
    ec2 = inventory.clients.client("ec2", region)
    off = [
        name
        for name in ("enableDnsSupport", "enableDnsHostnames")
        if not ec2.describe_vpc_attribute(VpcId=vpc_id, Attribute=name)[name[0].upper() + name[1:]]["Value"]
    ]
    if off:
        yield Failed(vpc_id, f"{' and '.join(off)} off", f"turn on {' and '.join(off)}")
    else:
        yield Passed(f"{vpc_id}: both attributes on")


@check("subnets-for-load-balancers", "Kubernetes finds subnets for load balancers", 23)
def subnets_for_load_balancers(inventory: ClusterInventory) -> Iterator[Finding]:
    """The cloud controller's rule: the cluster's tag, and the role's; a subnet for each zone."""
    found: list[str] = []
    for tier, tag in LOAD_BALANCER_TAGS.items():
        zones = {subnet["AvailabilityZone"] for subnet in inventory.subnets if tags_of(subnet).get(tag) == "1"}
        found.append(f"{tier}: {len(zones)} zones")
        if len(zones) < 2:
            yield Failed(
                tag, f"subnets in {', '.join(sorted(zones)) or 'no zone'}", f"tag a {tier} subnet in each zone"
            )
    yield Passed(", ".join(found))


@check("s3-endpoint", "Nodes reach S3 without a NAT gateway", 3)
def s3_endpoint(inventory: ClusterInventory) -> Iterator[Finding]:
    """A gateway endpoint on every private table; an adopted VPC's owner decides for it."""
    endpoints = inventory.owned("describe_vpc_endpoints", "VpcEndpoints")
    if not inventory.owned("describe_vpcs", "Vpcs"):
        yield Passed("an adopted VPC: its owner decides")
        return
    served = {table for endpoint in endpoints for table in endpoint.get("RouteTableIds", [])}
    tables = {inventory.route_table_of(subnet["SubnetId"])["RouteTableId"] for subnet in private_subnets(inventory)}
    missing = sorted(tables - served)
    if missing:
        yield Failed(", ".join(missing), "no S3 endpoint on the table", "run `pulumi up --refresh`")
    else:
        yield Passed(f"{count_of(len(tables), 'table')}")


@check("flow-logs", "Flow logs record the VPC's traffic", 3)
def flow_logs(inventory: ClusterInventory) -> Iterator[Finding]:
    """An active flow log on the VPC; an adopted VPC's owner decides for it."""
    if not inventory.owned("describe_vpcs", "Vpcs"):
        yield Passed("an adopted VPC: its owner decides")
        return
    found = inventory.filtered("describe_flow_logs", "FlowLogs", "resource-id", [inventory.vpc_id])
    active = [log for log in found if log["FlowLogStatus"] == "ACTIVE"]
    if active:
        yield Passed(f"{active[0]['FlowLogId']}: {active[0]['TrafficType']}")
    else:
        yield Failed(inventory.vpc_id, f"{len(found)} flow logs, none active", "run `pulumi up --refresh`")


@check("routes-lead-somewhere", "No route is a black hole", 20)
def routes_lead_somewhere(inventory: ClusterInventory) -> Iterator[Finding]:
    """No route whose target is gone: traffic that takes it is lost without an answer."""
    active = {
        peering["VpcPeeringConnectionId"]
        for peering in inventory.pages("ec2", "describe_vpc_peering_connections", "VpcPeeringConnections")
        if peering["Status"]["Code"] == "active"
    }
    count = 0
    for table in inventory.route_tables:
        for route in table["Routes"]:
            count += 1
            over = route.get("VpcPeeringConnectionId")
            if route.get("State") == "blackhole" or (over is not None and over not in active):
                yield Failed(
                    table["RouteTableId"],
                    f"{route.get('DestinationCidrBlock')} leads to {over or 'what is gone'}",
                    "run `pulumi up --refresh`",
                )
    yield Passed(count_of(count, "route"))


CHECKS = (routes_lead_somewhere, private_nodes, ways_out, vpc_names, subnets_for_load_balancers, s3_endpoint, flow_logs)
