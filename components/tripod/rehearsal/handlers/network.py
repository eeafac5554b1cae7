"""VPCs and what is in them."""

from tripod.rehearsal.handlers.context import Context, Created, Handler, ec2_arn, tagged
from tripod.rehearsal.inputs import Inputs


def _vpc(context: Context, inputs: Inputs) -> Created:
    ec2 = context.ec2
    vpc = ec2.create_vpc(**inputs.given("cidrBlock"), **tagged("vpc", inputs))["Vpc"]
    id_ = vpc["VpcId"]
    for attribute in ("enableDnsSupport", "enableDnsHostnames"):
        value = inputs.take(attribute)
        if value is not None:
            ec2.modify_vpc_attribute(VpcId=id_, **{attribute[0].upper() + attribute[1:]: {"Value": value}})
    return id_, {"arn": ec2_arn(context, "vpc", id_), "cidrBlock": vpc["CidrBlock"]}


def _subnet(context: Context, inputs: Inputs) -> Created:
    subnet = context.ec2.create_subnet(
        **inputs.given("vpcId", "cidrBlock", "availabilityZone"), **tagged("subnet", inputs)
    )["Subnet"]
    id_ = subnet["SubnetId"]
    public = inputs.take("mapPublicIpOnLaunch")
    if public is not None:
        context.ec2.modify_subnet_attribute(SubnetId=id_, MapPublicIpOnLaunch={"Value": public})
    return id_, {"arn": subnet["SubnetArn"], "availabilityZone": subnet["AvailabilityZone"]}


def _reservation(context: Context, inputs: Inputs) -> Created:
    made = context.ec2.create_subnet_cidr_reservation(
        SubnetId=inputs.need("subnetId"),
        Cidr=inputs.need("cidrBlock"),
        ReservationType=inputs.need("reservationType"),
    )["SubnetCidrReservation"]
    return made["SubnetCidrReservationId"], {}


def _internet_gateway(context: Context, inputs: Inputs) -> Created:
    made = context.ec2.create_internet_gateway(**tagged("internet-gateway", inputs))["InternetGateway"]
    id_ = made["InternetGatewayId"]
    context.ec2.attach_internet_gateway(InternetGatewayId=id_, VpcId=inputs.need("vpcId"))
    return id_, {"arn": ec2_arn(context, "internet-gateway", id_)}


def _address(context: Context, inputs: Inputs) -> Created:
    made = context.ec2.allocate_address(Domain=inputs.need("domain"), **tagged("elastic-ip", inputs))
    return made["AllocationId"], {"publicIp": made["PublicIp"]}


def _nat_gateway(context: Context, inputs: Inputs) -> Created:
    made = context.ec2.create_nat_gateway(**inputs.given("subnetId", "allocationId"), **tagged("natgateway", inputs))
    return made["NatGateway"]["NatGatewayId"], {}


def _route_table(context: Context, inputs: Inputs) -> Created:
    made = context.ec2.create_route_table(**inputs.given("vpcId"), **tagged("route-table", inputs))["RouteTable"]
    return made["RouteTableId"], {"arn": ec2_arn(context, "route-table", made["RouteTableId"])}


def _route(context: Context, inputs: Inputs) -> Created:
    given = inputs.given("routeTableId", "destinationCidrBlock", "gatewayId", "natGatewayId", "vpcPeeringConnectionId")
    context.ec2.create_route(**given)
    return f"r-{given['RouteTableId']}-{given['DestinationCidrBlock']}", {"state": "active"}


def _route_table_association(context: Context, inputs: Inputs) -> Created:
    made = context.ec2.associate_route_table(**inputs.given("subnetId", "routeTableId"))
    return made["AssociationId"], {}


def _endpoint(context: Context, inputs: Inputs) -> Created:
    made = context.ec2.create_vpc_endpoint(
        **inputs.given("vpcId", "vpcEndpointType", "serviceName"),
        PolicyDocument=inputs.need("policy"),
        **tagged("vpc-endpoint", inputs),
    )["VpcEndpoint"]
    return made["VpcEndpointId"], {"arn": ec2_arn(context, "vpc-endpoint", made["VpcEndpointId"])}


def _endpoint_route_table(context: Context, inputs: Inputs) -> Created:
    endpoint, table = inputs.need("vpcEndpointId"), inputs.need("routeTableId")
    context.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[table])
    return f"a-{endpoint}-{table}", {}


def _flow_log(context: Context, inputs: Inputs) -> Created:
    made = context.ec2.create_flow_logs(
        ResourceType="VPC",
        ResourceIds=[inputs.need("vpcId")],
        TrafficType=inputs.need("trafficType"),
        LogDestinationType=inputs.need("logDestinationType"),
        LogGroupName=inputs.need("logDestination").split(":log-group:")[1].removesuffix(":*"),
        DeliverLogsPermissionArn=inputs.need("iamRoleArn"),
        MaxAggregationInterval=inputs.need("maxAggregationInterval"),
        **tagged("vpc-flow-log", inputs),
    )
    return made["FlowLogIds"][0], {}


def _network_interface(context: Context, inputs: Inputs) -> Created:
    address = inputs.need("privateIps")[0]
    made = context.ec2.create_network_interface(
        SubnetId=inputs.need("subnetId"),
        PrivateIpAddress=address,
        Groups=inputs.need("securityGroups"),
        Description=inputs.take("description", ""),
        **tagged("network-interface", inputs),
    )["NetworkInterface"]
    return made["NetworkInterfaceId"], {"privateIp": address}


def _peering(context: Context, inputs: Inputs) -> Created:
    made = context.ec2.create_vpc_peering_connection(
        **inputs.given("vpcId", "peerVpcId", "peerRegion", "peerOwnerId"),
        **tagged("vpc-peering-connection", inputs),
    )["VpcPeeringConnection"]
    return made["VpcPeeringConnectionId"], {"acceptStatus": "pending-acceptance"}


def _peering_accepter(context: Context, inputs: Inputs) -> Created:
    id_ = inputs.need("vpcPeeringConnectionId")
    if inputs.take("autoAccept"):
        context.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=id_)
    # Within one account and region both sides are one object, and its tags are one set.
    context.ec2.create_tags(Resources=[id_], Tags=inputs.tags())
    return id_, {"acceptStatus": "active"}


def _peering_options(context: Context, inputs: Inputs) -> Created:
    id_ = inputs.need("vpcPeeringConnectionId")
    options = {
        f"{side.capitalize()}PeeringConnectionOptions": {
            "AllowDnsResolutionFromRemoteVpc": given["allowRemoteVpcDnsResolution"]
        }
        for side in ("requester", "accepter")
        if (given := inputs.take(side))
    }
    context.ec2.modify_vpc_peering_connection_options(VpcPeeringConnectionId=id_, **options)
    return id_, {}


HANDLERS: dict[str, Handler] = {
    "aws:ec2/vpc:Vpc": _vpc,
    "aws:ec2/subnet:Subnet": _subnet,
    "aws:ec2/subnetCidrReservation:SubnetCidrReservation": _reservation,
    "aws:ec2/internetGateway:InternetGateway": _internet_gateway,
    "aws:ec2/eip:Eip": _address,
    "aws:ec2/natGateway:NatGateway": _nat_gateway,
    "aws:ec2/routeTable:RouteTable": _route_table,
    "aws:ec2/route:Route": _route,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _route_table_association,
    "aws:ec2/vpcEndpoint:VpcEndpoint": _endpoint,
    "aws:ec2/vpcEndpointRouteTableAssociation:VpcEndpointRouteTableAssociation": _endpoint_route_table,
    "aws:ec2/flowLog:FlowLog": _flow_log,
    "aws:ec2/networkInterface:NetworkInterface": _network_interface,
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection": _peering,
    "aws:ec2/vpcPeeringConnectionAccepter:VpcPeeringConnectionAccepter": _peering_accepter,
    "aws:ec2/peeringConnectionOptions:PeeringConnectionOptions": _peering_options,
}
