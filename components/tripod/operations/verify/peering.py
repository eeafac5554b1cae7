"""Peerings with database VPCs, each requirement by itself."""

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network

from tripod.core.text import count_of
from tripod.network.ranges import ANYWHERE
from tripod.operations.inventory import ClusterInventory, Described, pages, table_of
from tripod.operations.verify.check import Failed, Finding, Passed, check
from tripod.operations.verify.network import dns_attributes, private_subnets

NO_PEERS = Passed("no peerings")


def peerings(inventory: ClusterInventory) -> list[Described]:
    """The cluster's peerings, of whatever state but deleted."""
    found = inventory.owned("describe_vpc_peering_connections", "VpcPeeringConnections")
    return [peering for peering in found if peering["Status"]["Code"] not in ("deleted", "deleting")]


def active(inventory: ClusterInventory) -> list[Described]:
    """Those over which something can pass."""
    return [peering for peering in peerings(inventory) if peering["Status"]["Code"] == "active"]


def is_cross_account(inventory: ClusterInventory, peering: Described) -> bool:
    """True if the peer VPC is in another account, which cannot be read from here."""
    return peering["AccepterVpcInfo"]["OwnerId"] != inventory.account_id


def visible(inventory: ClusterInventory) -> list[Described]:
    """Active peerings whose far side can be read."""
    return [peering for peering in active(inventory) if not is_cross_account(inventory, peering)]


def databases(inventory: ClusterInventory, peering: Described) -> list[Described]:
    """The RDS instances of a peering's far side."""
    far = peering["AccepterVpcInfo"]
    found = pages(inventory.clients.client("rds", far["Region"]), "describe_db_instances", "DBInstances")
    return [instance for instance in found if instance.get("DBSubnetGroup", {}).get("VpcId") == far["VpcId"]]


@check("peering-active", "Every peering is active", 20, 21)
def peering_active(inventory: ClusterInventory) -> Iterator[Finding]:
    """Accepted by its far side."""
    waiting = [peering for peering in peerings(inventory) if peering["Status"]["Code"] != "active"]
    for peering in waiting:
        yield Failed(
            peering["VpcPeeringConnectionId"],
            f"{peering['Status']['Code']}: {peering['Status'].get('Message', '')}",
            "have the owner of the other VPC accept it; one that expired is made again by `pulumi up --refresh`",
        )
    if not waiting:
        yield Passed(f"{count_of(len(peerings(inventory)), 'peering')}")


@check("peering-ranges", "Peered VPCs share no address", 4, 20)
def peering_ranges(inventory: ClusterInventory) -> Iterator[Finding]:
    """The two sides' ranges, as AWS has them."""
    for peering in peerings(inventory):
        near, far = peering["RequesterVpcInfo"].get("CidrBlock"), peering["AccepterVpcInfo"].get("CidrBlock")
        if near and far and IPv4Network(near).overlaps(IPv4Network(far)):
            yield Failed(
                peering["VpcPeeringConnectionId"], f"{near} and {far} overlap", "move one of the VPCs to another range"
            )
    yield Passed(f"{count_of(len(peerings(inventory)), 'peering')}")


@check("peering-routes-there", "Every node has a way to every peered VPC", 20)
def routes_there(inventory: ClusterInventory) -> Iterator[Finding]:
    """A route to the far range over the peering, in the table of each private subnet."""
    tables = {
        table["RouteTableId"]: table
        for table in (inventory.route_table_of(subnet["SubnetId"]) for subnet in private_subnets(inventory))
    }
    for peering in active(inventory):
        yield from _missing_routes(tables, peering, "AccepterVpcInfo", "run `pulumi up --refresh`")
    yield Passed(f"{count_of(len(tables), 'table')}")


@check("peering-routes-back", "Every database has a route back", 20)
def routes_back(inventory: ClusterInventory) -> Iterator[Finding]:
    """A route to the cluster's range over the peering, in the table of each subnet of each database."""
    checked: set[str] = set()
    for peering in visible(inventory):
        tables = _database_tables(inventory, peering)
        checked |= tables.keys()
        remedy = "run `pulumi up --refresh`; add the table to peers[].routeTables if it is not there"
        yield from _missing_routes(tables, peering, "RequesterVpcInfo", remedy)
    yield Passed(f"{count_of(len(checked), 'table')}{_unseen(inventory)}")


@check("peering-names", "Databases' names resolve to private addresses", 20)
def peering_names(inventory: ClusterInventory) -> Iterator[Finding]:
    """DNS resolution on the far side, towards the cluster."""
    for peering in active(inventory):
        options: Described = peering["AccepterVpcInfo"].get("PeeringOptions") or {}
        if not options.get("AllowDnsResolutionFromRemoteVpc"):
            yield Failed(
                peering["VpcPeeringConnectionId"],
                "DNS resolution from the cluster's VPC is off on the database side",
                "turn on peers[].dnsResolution, or have the owner do so",
            )
    yield Passed(f"{count_of(len(active(inventory)), 'peering')}")


@check("peer-vpc-names", "Peered VPCs have DNS resolution and DNS host names", 20)
def peer_vpc_names(inventory: ClusterInventory) -> Iterator[Finding]:
    """Both DNS attributes of each far VPC."""
    for peering in visible(inventory):
        far = peering["AccepterVpcInfo"]
        for finding in dns_attributes(inventory, far["VpcId"], far["Region"]):
            if isinstance(finding, Failed):
                yield finding
    yield Passed(f"{count_of(len(visible(inventory)), 'VPC')}{_unseen(inventory)}")


@check("database-rule", "Databases admit workers to their port, and nothing else", 20)
def database_rule(inventory: ClusterInventory) -> Iterator[Finding]:
    """The rules of each database's security groups."""
    count = 0
    for peering in visible(inventory):
        for database in databases(inventory, peering):
            count += 1
            yield from _database_findings(inventory, peering, database)
    yield Passed(f"{count_of(count, 'database')}{_unseen(inventory)}")


def _database_findings(inventory: ClusterInventory, peering: Described, database: Described) -> Iterator[Failed]:
    name, port = database["DBInstanceIdentifier"], database["Endpoint"]["Port"]
    groups = [group["VpcSecurityGroupId"] for group in database["VpcSecurityGroups"]]
    region = peering["AccepterVpcInfo"]["Region"]
    found = inventory.filtered("describe_security_group_rules", "SecurityGroupRules", "group-id", groups, region)
    rules = [rule for rule in found if not rule["IsEgress"]]
    for rule in rules:
        if rule.get("CidrIpv4") == str(ANYWHERE) or rule.get("CidrIpv6") == "::/0":
            yield Failed(rule["SecurityGroupRuleId"], f"{name} lets in everybody", "remove the rule")
    ours = [rule for rule in rules if _is_from_workers(inventory, rule)]
    wide = [rule for rule in ours if not rule["FromPort"] == port == rule["ToPort"]]
    for rule in wide:
        yield Failed(
            rule["SecurityGroupRuleId"],
            f"{name} lets workers in on {rule['IpProtocol']} {rule['FromPort']}-{rule['ToPort']}",
            f"narrow it to tcp {port}",
        )
    if len(ours) == len(wide):
        yield Failed(name, f"no rule lets workers in on tcp {port}", "run `pulumi up --refresh`")


def _is_from_workers(inventory: ClusterInventory, rule: Described) -> bool:
    """True if a rule admits the workers: by their group, or, from another region, by a range of their subnets."""
    if rule.get("ReferencedGroupInfo", {}).get("GroupId") == inventory.groups["workers"]["GroupId"]:
        return True
    ranges = {subnet["CidrBlock"] for subnet in private_subnets(inventory)}
    return rule.get("CidrIpv4") in ranges


def _missing_routes(
    tables: Mapping[str, Described], peering: Described, destination: str, remedy: str
) -> Iterator[Failed]:
    """Find tables without a route over a peering to its side `destination`."""
    wanted = (peering[destination]["CidrBlock"], peering["VpcPeeringConnectionId"])
    for id_, table in tables.items():
        routes = [(route.get("DestinationCidrBlock"), route.get("VpcPeeringConnectionId")) for route in table["Routes"]]
        if wanted not in routes:
            yield Failed(id_, f"no route to {wanted[0]} over {wanted[1]}", remedy)


def _database_tables(inventory: ClusterInventory, peering: Described) -> dict[str, Described]:
    """The route tables of the subnets that the far side's databases are in."""
    far = peering["AccepterVpcInfo"]
    tables = inventory.filtered("describe_route_tables", "RouteTables", "vpc-id", [far["VpcId"]], far["Region"])
    subnets = {
        subnet["SubnetIdentifier"]
        for database in databases(inventory, peering)
        for subnet in database["DBSubnetGroup"]["Subnets"]
    }
    return {table["RouteTableId"]: table for table in (table_of(tables, subnet) for subnet in subnets)}


def _unseen(inventory: ClusterInventory) -> str:
    """A note on the peerings that could not be read."""
    unseen = [peering for peering in active(inventory) if is_cross_account(inventory, peering)]
    return f"; {len(unseen)} in another account, not readable from here" if unseen else ""


CHECKS = (
    peering_active,
    peering_ranges,
    routes_there,
    routes_back,
    peering_names,
    peer_vpc_names,
    database_rule,
)
