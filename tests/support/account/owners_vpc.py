"""A VPC that somebody else owns."""

from typing import Any

from support.account.rehearsed import Copy
from support.stacks.planned import Change

ZONES = ("us-west-2a", "us-west-2b", "us-west-2c")


class OwnersVpc:
    """A VPC that somebody else owns, with a database of theirs in it."""

    def __init__(self, copy: Copy, *, tagged: bool = True, names: bool = True) -> None:
        self.ec2: Any = copy.ec2
        self.cluster = copy.cluster
        self.tagged = tagged
        self.id = self.ec2.create_vpc(CidrBlock="10.50.0.0/16")["Vpc"]["VpcId"]
        self.ec2.modify_vpc_attribute(VpcId=self.id, EnableDnsHostnames={"Value": names})
        self.gateway = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        self.ec2.attach_internet_gateway(InternetGatewayId=self.gateway, VpcId=self.id)
        self.public_table = self._table({"GatewayId": self.gateway})
        self.zones: dict[str, dict[str, dict[str, str]]] = {}
        self.private_tables: list[str] = []
        for slot, zone in enumerate(ZONES):
            public = self._subnet(zone, f"10.50.{slot}.0/24", "kubernetes.io/role/elb", self.public_table)
            address = self.ec2.allocate_address(Domain="vpc")["AllocationId"]
            nat = self.ec2.create_nat_gateway(SubnetId=public["id"], AllocationId=address)["NatGateway"]
            table = self._table({"NatGatewayId": nat["NatGatewayId"]})
            self.private_tables.append(table)
            self.zones[zone] = {
                "public": public,
                "nodes": self._subnet(zone, f"10.50.{16 + slot}.0/24", "kubernetes.io/role/internal-elb", table),
                "control": self._subnet(zone, f"10.50.{32 + slot}.0/24", None, table),
            }

    def _table(self, way_out: dict[str, str]) -> str:
        table = self.ec2.create_route_table(VpcId=self.id)["RouteTable"]["RouteTableId"]
        self.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", **way_out)
        return table

    def _subnet(self, zone: str, cidr: str, role: str | None, table: str) -> dict[str, str]:
        made = self.ec2.create_subnet(VpcId=self.id, CidrBlock=cidr, AvailabilityZone=zone)["Subnet"]["SubnetId"]
        self.ec2.associate_route_table(SubnetId=made, RouteTableId=table)
        tags = [{"Key": f"kubernetes.io/cluster/{self.cluster}", "Value": "shared"}]
        tags += [{"Key": role, "Value": "1"}] if role else []
        if self.tagged:
            self.ec2.create_tags(Resources=[made], Tags=tags)
        return {"id": made, "cidr": cidr}

    def adopt(self) -> Change:
        def change(settings: dict[str, Any]) -> None:
            settings["tripod:network"] = {
                "cidr": "10.50.0.0/16",
                "zones": {zone: slot for slot, zone in enumerate(ZONES)},
                "adopt": {"vpcId": self.id, "zones": self.zones, "privateRouteTables": self.private_tables},
            }

        return change
