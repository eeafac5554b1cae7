"""Ways to break the network."""

from support.account.rehearsed import Copy
from support.faults.finding import instance, route_table, subnet, vpc_id
from support.faults.noting import breaks


@breaks("private-nodes", "a subnet of nodes gives public addresses")
def public_subnet(copy: Copy) -> None:
    copy.ec2.modify_subnet_attribute(SubnetId=subnet(copy, "nodes")["SubnetId"], MapPublicIpOnLaunch={"Value": True})


@breaks("private-nodes", "an instance is given a public address")
def public_address(copy: Copy) -> None:
    address = copy.ec2.allocate_address(Domain="vpc")["AllocationId"]
    copy.ec2.associate_address(AllocationId=address, InstanceId=instance(copy, "workers")["InstanceId"])


@breaks("ways-out", "private nodes are routed to the Internet")
def route_to_internet(copy: Copy) -> None:
    gateway = copy.ec2.describe_internet_gateways()["InternetGateways"]
    own = next(one for one in gateway if one["Attachments"][0]["VpcId"] == vpc_id(copy))
    table = route_table(copy, "private")
    copy.ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    copy.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=own["InternetGatewayId"])


@breaks("vpc-names", "the VPC gives no names")
def no_names(copy: Copy) -> None:
    copy.ec2.modify_vpc_attribute(VpcId=vpc_id(copy), EnableDnsHostnames={"Value": False})


@breaks("subnets-for-load-balancers", "subnets lose the tag by which they are found")
def untag_subnets(copy: Copy) -> None:
    ids = [subnet(copy, "public", index)["SubnetId"] for index in (0, 1)]
    copy.ec2.delete_tags(Resources=ids, Tags=[{"Key": "kubernetes.io/role/elb"}])


@breaks("s3-endpoint", "a table loses the S3 endpoint")
def no_endpoint(copy: Copy) -> None:
    endpoint = copy.ec2.describe_vpc_endpoints()["VpcEndpoints"][0]["VpcEndpointId"]
    copy.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, RemoveRouteTableIds=[route_table(copy, "private")])


@breaks("flow-logs", "the flow log is deleted")
def no_flow_log(copy: Copy) -> None:
    found = copy.ec2.describe_flow_logs()["FlowLogs"][0]["FlowLogId"]
    copy.ec2.delete_flow_logs(FlowLogIds=[found])
