"""The API's load balancer: its zones, targets and health checks."""

from collections.abc import Iterator

from tripod.core.naming import API_LABEL
from tripod.core.text import count_of
from tripod.operations.inventory import ClusterInventory, Described
from tripod.operations.verify.check import Failed, Finding, Passed, check
from tripod.security.ports import API_SERVER


@check("api-load-balancer", "The API's load balancer is internal, in every zone", 19)
def api_load_balancer(inventory: ClusterInventory) -> Iterator[Finding]:
    """Its scheme, its kind, its zones, and that each of its addresses serves all nodes."""
    internal = [one for one in inventory.load_balancers if one["Scheme"] == "internal"]
    if len(internal) != 1:
        yield Failed("api", f"{len(internal)} internal load balancers", "run `pulumi up --refresh`")
        return
    balancer = internal[0]
    zones = {zone["ZoneName"] for zone in balancer["AvailabilityZones"]}
    wanted = {zone for group in inventory.scaling_groups_of("control-plane") for zone in group["AvailabilityZones"]}
    attributes = inventory.client("elbv2").describe_load_balancer_attributes(
        LoadBalancerArn=balancer["LoadBalancerArn"]
    )["Attributes"]
    crossing = {one["Key"]: one["Value"] for one in attributes}.get("load_balancing.cross_zone.enabled")
    if balancer["Type"] != "network" or not wanted <= zones:
        yield Failed(
            balancer["LoadBalancerName"], f"{balancer['Type']} in {', '.join(sorted(zones))}", "run `pulumi up`"
        )
    elif crossing != "true":
        yield Failed(
            balancer["LoadBalancerName"],
            "each address serves its own zone alone: the loss of a node leaves one without a server",
            "turn on cross-zone load balancing",
        )
    else:
        yield Passed(f"{balancer['LoadBalancerName']} in {', '.join(sorted(zones))}")


@check("api-listener", "Clients' certificates reach the API server", 19)
def api_listener(inventory: ClusterInventory) -> Iterator[Finding]:
    """One listener, of TCP, on the API's port."""
    for balancer in inventory.load_balancers:
        found = inventory.pages("elbv2", "describe_listeners", "Listeners", LoadBalancerArn=balancer["LoadBalancerArn"])
        listeners = [(listener["Protocol"], listener["Port"]) for listener in found]
        if listeners != [("TCP", API_SERVER)]:
            listed = ", ".join(f"{protocol} {port}" for protocol, port in listeners) or "none"
            yield Failed(balancer["LoadBalancerName"], f"listeners: {listed}", f"have one, TCP {API_SERVER}")
    yield Passed(f"TCP {API_SERVER}")


@check("api-health-check", "The load balancer checks /readyz", 19)
def api_health_check(inventory: ClusterInventory) -> Iterator[Finding]:
    """HTTPS and the path; a check of the port alone sends traffic to nodes without etcd."""
    for name, group in _target_groups(inventory):
        check = (group["HealthCheckProtocol"], group.get("HealthCheckPath"))
        if check != ("HTTPS", "/readyz"):
            yield Failed(name, f"checks {check[0]} {check[1] or ''}", "check HTTPS /readyz: run `pulumi up --refresh`")
    yield Passed("HTTPS /readyz")


@check("api-hairpin", "A node reaches itself through the load balancer", 19)
def api_hairpin(inventory: ClusterInventory) -> Iterator[Finding]:
    """Client addresses are not preserved: a packet from a node to itself would be dropped."""
    for name, group in _target_groups(inventory):
        found = inventory.client("elbv2").describe_target_group_attributes(TargetGroupArn=group["TargetGroupArn"])
        attributes = {one["Key"]: one["Value"] for one in found["Attributes"]}
        if attributes.get("preserve_client_ip.enabled") != "false":
            yield Failed(name, "client addresses are preserved", "turn off preserve_client_ip")
    yield Passed("client addresses are not preserved")


@check("api-targets", "Every control-plane node is a healthy target", 19, 51)
def api_targets(inventory: ClusterInventory) -> Iterator[Finding]:
    """Targets against the control plane's instances."""
    nodes = {one["InstanceId"] for group in inventory.scaling_groups_of("control-plane") for one in group["Instances"]}
    for name, group in _target_groups(inventory):
        found = inventory.client("elbv2").describe_target_health(TargetGroupArn=group["TargetGroupArn"])
        states = {one["Target"]["Id"]: one["TargetHealth"]["State"] for one in found["TargetHealthDescriptions"]}
        for node in sorted(nodes | states.keys()):
            fault = _target_fault(node, nodes, states)
            if fault:
                yield Failed(node, f"{name}: {fault[0]}", fault[1])
    yield Passed(f"{count_of(len(nodes), 'node')}")


def _target_fault(node: str, nodes: set[str], states: dict[str, str]) -> tuple[str, str] | None:
    if node not in states:
        return "not registered", "attach the target group to its auto-scaling group: run `pulumi up --refresh`"
    if node not in nodes:
        return "registered, though no control-plane node", "deregister it"
    if states[node] != "healthy":
        return f"is {states[node]}", "see the node: `tripod verify` reads etcd first, then the API server's log"
    return None


@check("api-name", "The API's name leads to its load balancer", 19)
def api_name(inventory: ClusterInventory) -> Iterator[Finding]:
    """The alias in the private zone of the VPC."""
    route53 = inventory.client("route53")
    zones = route53.list_hosted_zones_by_vpc(VPCId=inventory.vpc_id, VPCRegion=inventory.region)["HostedZoneSummaries"]
    names = {balancer["DNSName"].lower() for balancer in inventory.load_balancers if balancer["Scheme"] == "internal"}
    for zone in zones:
        records = inventory.pages(
            "route53", "list_resource_record_sets", "ResourceRecordSets", HostedZoneId=zone["HostedZoneId"]
        )
        for record in records:
            target = _alias(record)
            if record["Name"].startswith(f"{API_LABEL}.") and target in names:
                yield Passed(f"{record['Name'].rstrip('.')} → {target}")
                return
    yield Failed("api", "no name in the VPC's private zones leads to the load balancer", "run `pulumi up --refresh`")


def _alias(record: Described) -> str:
    target = record.get("AliasTarget", {}).get("DNSName", "")
    return target.lower().rstrip(".").removeprefix("dualstack.")


def _target_groups(inventory: ClusterInventory) -> list[tuple[str, Described]]:
    return [
        (group["TargetGroupName"], group)
        for balancer in inventory.load_balancers
        for group in inventory.target_groups_of(balancer)
    ]


CHECKS = (api_load_balancer, api_listener, api_health_check, api_hairpin, api_targets, api_name)
