"""Ways to break a cluster, each with a boto3 client of its own, and the one promise that each breaks."""

import base64
import json
from collections.abc import Callable
from typing import Any

from support.rehearsed import Copy

Break = Callable[[Copy], None]

FAULTS: dict[str, tuple[str, Break]] = {}
"""What is done → the check that finds it, and how it is done."""


def breaks(check: str, what: str) -> Callable[[Break], Break]:
    """Note a fault."""

    def note(act: Break) -> Break:
        FAULTS[what] = (check, act)
        return act

    return note


# Finding things


def group_id(copy: Copy, role: str) -> str:
    filters = [{"Name": "tag:tripod:role", "Values": [role]}, {"Name": "tag:cluster", "Values": [copy.cluster]}]
    return copy.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]["GroupId"]


def instance(copy: Copy, role: str) -> Any:
    filters = [{"Name": "tag:tripod:role", "Values": [role]}]
    return copy.ec2.describe_instances(Filters=filters)["Reservations"][0]["Instances"][0]


def subnet(copy: Copy, role: str, index: int = 0) -> Any:
    filters = [{"Name": "tag:tripod:role", "Values": [role]}]
    found = copy.ec2.describe_subnets(Filters=filters)["Subnets"]
    return sorted(found, key=lambda one: one["CidrBlock"])[index]


def vpc_id(copy: Copy) -> str:
    return subnet(copy, "nodes")["VpcId"]


def peering(copy: Copy) -> Any:
    return copy.ec2.describe_vpc_peering_connections()["VpcPeeringConnections"][0]


def route_table(copy: Copy, role: str) -> str:
    filters = [{"Name": "tag:tripod:role", "Values": [role]}]
    return copy.ec2.describe_route_tables(Filters=filters)["RouteTables"][0]["RouteTableId"]


def bucket(copy: Copy, purpose: str) -> str:
    names = [one["Name"] for one in copy.client("s3").list_buckets()["Buckets"]]
    return next(name for name in names if name.endswith(f"-{purpose}"))


def target_group(copy: Copy) -> str:
    return copy.client("elbv2").describe_target_groups()["TargetGroups"][0]["TargetGroupArn"]


def load_balancer(copy: Copy) -> str:
    return copy.client("elbv2").describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]


def data_volume(copy: Copy) -> Any:
    filters = [{"Name": "tag:tripod:member", "Values": ["0-0"]}]
    return copy.ec2.describe_volumes(Filters=filters)["Volumes"][0]


def scaling(copy: Copy) -> Any:
    return copy.client("autoscaling")


def name(copy: Copy, rest: str) -> str:
    return f"{copy.cluster}-{rest}"


def retemplate(copy: Copy, group: str, change: dict[str, Any]) -> None:
    """Give a group a new version of its template, changed."""
    found = scaling(copy).describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"][0]
    template = found["LaunchTemplate"]["LaunchTemplateId"]
    versions = copy.ec2.describe_launch_template_versions(LaunchTemplateId=template)["LaunchTemplateVersions"]
    data = {**versions[0]["LaunchTemplateData"], **change}
    made = copy.ec2.create_launch_template_version(LaunchTemplateId=template, LaunchTemplateData=data)
    version = str(made["LaunchTemplateVersion"]["VersionNumber"])
    scaling(copy).update_auto_scaling_group(
        AutoScalingGroupName=group, LaunchTemplate={"LaunchTemplateId": template, "Version": version}
    )


# etcd


@breaks("etcd-members", "a member's group may hold two")
def group_of_two(copy: Copy) -> None:
    scaling(copy).update_auto_scaling_group(AutoScalingGroupName=name(copy, "etcd-0-0"), MaxSize=2)


@breaks("etcd-quorum", "two members stand in one zone")
def crowd_zone(copy: Copy) -> None:
    group = name(copy, "etcd-1-0")
    crowded = instance(copy, "etcd")["Placement"]["AvailabilityZone"]
    tags = [{"Key": key, "Value": copy.cluster} for key in ("cluster", "project", "owner", "environment")]
    made = copy.ec2.run_instances(
        ImageId="ami-0123456789abcdef0",
        InstanceType="m7g.medium",
        MinCount=1,
        MaxCount=1,
        Placement={"AvailabilityZone": crowded},
        SubnetId=subnet(copy, "control")["SubnetId"],
        MetadataOptions={"HttpTokens": "required", "HttpPutResponseHopLimit": 1},
        TagSpecifications=[{"ResourceType": "instance", "Tags": tags}],
    )["Instances"][0]["InstanceId"]
    found = scaling(copy).describe_auto_scaling_groups(AutoScalingGroupNames=[group])["AutoScalingGroups"][0]
    old = found["Instances"][0]["InstanceId"]
    scaling(copy).update_auto_scaling_group(AutoScalingGroupName=group, MinSize=0, MaxSize=2)
    scaling(copy).detach_instances(AutoScalingGroupName=group, InstanceIds=[old], ShouldDecrementDesiredCapacity=True)
    scaling(copy).attach_instances(AutoScalingGroupName=group, InstanceIds=[made])
    scaling(copy).update_auto_scaling_group(AutoScalingGroupName=group, MinSize=1, MaxSize=1)


@breaks("etcd-addresses", "a member's template names another interface")
def other_interface(copy: Copy) -> None:
    tags = [{"Key": f"kubernetes.io/cluster/{copy.cluster}", "Value": "owned"}]
    made = copy.ec2.create_network_interface(
        SubnetId=subnet(copy, "control")["SubnetId"],
        TagSpecifications=[{"ResourceType": "network-interface", "Tags": tags}],
    )["NetworkInterface"]["NetworkInterfaceId"]
    retemplate(copy, name(copy, "etcd-0-0"), {"NetworkInterfaces": [{"DeviceIndex": 0, "NetworkInterfaceId": made}]})


@breaks("etcd-volumes", "a member's volume is deleted")
def delete_volume(copy: Copy) -> None:
    copy.ec2.delete_volume(VolumeId=data_volume(copy)["VolumeId"])


@breaks("etcd-volumes", "a member has a second volume")
def second_volume(copy: Copy) -> None:
    first = data_volume(copy)
    copy.ec2.create_volume(
        AvailabilityZone=first["AvailabilityZone"],
        Size=20,
        Encrypted=True,
        KmsKeyId=first["KmsKeyId"],
        TagSpecifications=[{"ResourceType": "volume", "Tags": first["Tags"]}],
    )


@breaks("etcd-self-healing", "a group replaces what the load balancer finds ill")
def replace_the_ill(copy: Copy) -> None:
    scaling(copy).update_auto_scaling_group(
        AutoScalingGroupName=name(copy, "control-plane-0"), HealthCheckType="ELB", HealthCheckGracePeriod=300
    )


@breaks("data-outlives-instances", "a member's volume goes with its instance")
def tie_volume(copy: Copy) -> None:
    volume, member = data_volume(copy)["VolumeId"], instance(copy, "etcd")["InstanceId"]
    copy.ec2.attach_volume(VolumeId=volume, InstanceId=member, Device="/dev/sdf")
    copy.ec2.modify_instance_attribute(
        InstanceId=member, BlockDeviceMappings=[{"DeviceName": "/dev/sdf", "Ebs": {"DeleteOnTermination": True}}]
    )


# Control plane and workers


@breaks("control-plane-zones", "a control-plane group may grow")
def growing_control_plane(copy: Copy) -> None:
    scaling(copy).update_auto_scaling_group(AutoScalingGroupName=name(copy, "control-plane-0"), MaxSize=3)


@breaks("workers-zones", "workers are kept in one zone alone")
def workers_of_one_zone(copy: Copy) -> None:
    for slot in (1, 2):
        scaling(copy).update_auto_scaling_group(
            AutoScalingGroupName=name(copy, f"workers-general-{slot}"), MinSize=0, DesiredCapacity=0
        )


@breaks("autoscaler-groups", "the autoscaler is shown the members")
def scale_members(copy: Copy) -> None:
    tag = {
        "ResourceId": name(copy, "etcd-0-0"),
        "ResourceType": "auto-scaling-group",
        "Key": "k8s.io/cluster-autoscaler/enabled",
        "Value": "true",
        "PropagateAtLaunch": False,
    }
    scaling(copy).create_or_update_tags(Tags=[tag])


@breaks("autoscaler-groups", "the autoscaler no longer finds a group of workers")
def hide_workers(copy: Copy) -> None:
    tag = {
        "ResourceId": name(copy, "workers-general-0"),
        "ResourceType": "auto-scaling-group",
        "Key": f"k8s.io/cluster-autoscaler/{copy.cluster}",
    }
    scaling(copy).delete_tags(Tags=[tag])


@breaks("workers-leave", "a group of workers loses its hook")
def no_hook(copy: Copy) -> None:
    scaling(copy).delete_lifecycle_hook(LifecycleHookName="leave", AutoScalingGroupName=name(copy, "workers-general-0"))


@breaks("metadata-v2", "an instance answers metadata of version 1")
def metadata_v1(copy: Copy) -> None:
    found = instance(copy, "workers")["InstanceId"]
    copy.ec2.modify_instance_metadata_options(InstanceId=found, HttpTokens="optional")


@breaks("metadata-v2", "a template lets pods reach metadata")
def two_hops(copy: Copy) -> None:
    options = {"HttpTokens": "required", "HttpPutResponseHopLimit": 2, "HttpEndpoint": "enabled"}
    retemplate(copy, name(copy, "control-plane-0"), {"MetadataOptions": options})


@breaks("no-secrets-in-user-data", "a key is put into user data")
def key_in_user_data(copy: Copy) -> None:
    text = base64.b64encode(b"-----BEGIN EC PRIVATE KEY-----").decode()
    retemplate(copy, name(copy, "control-plane-0"), {"UserData": text})


# The API


@breaks("api-load-balancer", "an address serves its own zone alone")
def no_crossing(copy: Copy) -> None:
    copy.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=load_balancer(copy),
        Attributes=[{"Key": "load_balancing.cross_zone.enabled", "Value": "false"}],
    )


@breaks("api-listener", "a second listener is opened")
def second_listener(copy: Copy) -> None:
    copy.client("elbv2").create_listener(
        LoadBalancerArn=load_balancer(copy),
        Protocol="TCP",
        Port=443,
        DefaultActions=[{"Type": "forward", "TargetGroupArn": target_group(copy)}],
    )


@breaks("api-health-check", "nodes are asked another question")
def other_question(copy: Copy) -> None:
    copy.client("elbv2").modify_target_group(TargetGroupArn=target_group(copy), HealthCheckPath="/livez")


@breaks("api-hairpin", "client addresses are preserved")
def preserve_addresses(copy: Copy) -> None:
    copy.client("elbv2").modify_target_group_attributes(
        TargetGroupArn=target_group(copy), Attributes=[{"Key": "preserve_client_ip.enabled", "Value": "true"}]
    )


@breaks("api-targets", "a control-plane node is taken out")
def deregister(copy: Copy) -> None:
    found = instance(copy, "control-plane")["InstanceId"]
    copy.client("elbv2").deregister_targets(TargetGroupArn=target_group(copy), Targets=[{"Id": found}])


@breaks("api-name", "the API's name is removed")
def remove_name(copy: Copy) -> None:
    route53 = copy.client("route53")
    zone = route53.list_hosted_zones()["HostedZones"][0]["Id"]
    records = route53.list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
    record = next(one for one in records if one["Name"].startswith("api."))
    route53.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "DELETE", "ResourceRecordSet": record}]}
    )


# Network


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


# Peering


@breaks("peering-routes-there", "a route to the database is dropped")
def no_way_there(copy: Copy) -> None:
    copy.ec2.delete_route(
        RouteTableId=route_table(copy, "private"), DestinationCidrBlock=peering(copy)["AccepterVpcInfo"]["CidrBlock"]
    )


@breaks("peering-routes-back", "a route back is dropped")
def no_way_back(copy: Copy) -> None:
    copy.ec2.delete_route(
        RouteTableId=route_table(copy, "example-database"),
        DestinationCidrBlock=peering(copy)["RequesterVpcInfo"]["CidrBlock"],
    )


@breaks("routes-lead-somewhere", "the peering is deleted and its routes stay")
def delete_peering(copy: Copy) -> None:
    copy.ec2.delete_vpc_peering_connection(VpcPeeringConnectionId=peering(copy)["VpcPeeringConnectionId"])


@breaks("peering-names", "the database side no longer resolves names for us")
def no_resolution(copy: Copy) -> None:
    copy.ec2.modify_vpc_peering_connection_options(
        VpcPeeringConnectionId=peering(copy)["VpcPeeringConnectionId"],
        AccepterPeeringConnectionOptions={"AllowDnsResolutionFromRemoteVpc": False},
    )


@breaks("peer-vpc-names", "the database VPC gives no names")
def no_names_there(copy: Copy) -> None:
    copy.ec2.modify_vpc_attribute(VpcId=peering(copy)["AccepterVpcInfo"]["VpcId"], EnableDnsHostnames={"Value": False})


def _another_peering(copy: Copy, cidr: str) -> str:
    made = copy.ec2.create_vpc(CidrBlock=cidr)["Vpc"]["VpcId"]
    copy.ec2.modify_vpc_attribute(VpcId=made, EnableDnsHostnames={"Value": True})
    connection = copy.ec2.create_vpc_peering_connection(
        VpcId=vpc_id(copy),
        PeerVpcId=made,
        TagSpecifications=[{"ResourceType": "vpc-peering-connection", "Tags": peering(copy)["Tags"]}],
    )
    return connection["VpcPeeringConnection"]["VpcPeeringConnectionId"]


@breaks("peering-active", "a peering waits to be accepted")
def pending_peering(copy: Copy) -> None:
    _another_peering(copy, "10.77.0.0/16")


@breaks("peering-ranges", "a peered VPC shares our range")
def overlapping_peering(copy: Copy) -> None:
    cidr = copy.ec2.describe_vpcs(VpcIds=[vpc_id(copy)])["Vpcs"][0]["CidrBlock"].replace("/16", "/24")
    made = _another_peering(copy, cidr)
    copy.ec2.accept_vpc_peering_connection(VpcPeeringConnectionId=made)
    copy.ec2.modify_vpc_peering_connection_options(
        VpcPeeringConnectionId=made, AccepterPeeringConnectionOptions={"AllowDnsResolutionFromRemoteVpc": True}
    )
    filters = [{"Name": "tag:tripod:role", "Values": ["private"]}]
    for table in copy.ec2.describe_route_tables(Filters=filters)["RouteTables"]:
        copy.ec2.create_route(
            RouteTableId=table["RouteTableId"], DestinationCidrBlock=cidr, VpcPeeringConnectionId=made
        )


def _database_group(copy: Copy) -> str:
    return copy.client("rds").describe_db_instances()["DBInstances"][0]["VpcSecurityGroups"][0]["VpcSecurityGroupId"]


@breaks("database-rule", "the database lets in everybody")
def open_database(copy: Copy) -> None:
    copy.ec2.authorize_security_group_ingress(
        GroupId=_database_group(copy), IpProtocol="tcp", FromPort=5432, ToPort=5432, CidrIp="0.0.0.0/0"
    )


@breaks("database-rule", "the database no longer lets in the workers")
def close_database(copy: Copy) -> None:
    filters = [{"Name": "group-id", "Values": [_database_group(copy)]}]
    for rule in copy.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]:
        if not rule["IsEgress"]:
            copy.ec2.revoke_security_group_ingress(
                GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
            )


@breaks("database-rule", "the database lets workers in everywhere")
def wide_database(copy: Copy) -> None:
    pair = {"GroupId": group_id(copy, "workers")}
    copy.ec2.authorize_security_group_ingress(
        GroupId=_database_group(copy),
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 0, "ToPort": 65535, "UserIdGroupPairs": [pair]}],
    )


# Perimeter


@breaks("no-ssh", "port 22 is opened")
def open_ssh(copy: Copy) -> None:
    copy.ec2.authorize_security_group_ingress(
        GroupId=group_id(copy, "workers"), IpProtocol="tcp", FromPort=22, ToPort=22, CidrIp="0.0.0.0/0"
    )


@breaks("no-ssh", "a template has a key pair")
def key_pair(copy: Copy) -> None:
    retemplate(copy, name(copy, "workers-general-0"), {"KeyName": "mine"})


@breaks("matrix", "workers reach etcd")
def workers_reach_etcd(copy: Copy) -> None:
    pair = {"GroupId": group_id(copy, "workers")}
    copy.ec2.authorize_security_group_ingress(
        GroupId=group_id(copy, "etcd"),
        IpPermissions=[{"IpProtocol": "tcp", "FromPort": 2379, "ToPort": 2379, "UserIdGroupPairs": [pair]}],
    )


@breaks("matrix", "members no longer reach one another")
def separate_members(copy: Copy) -> None:
    filters = [{"Name": "group-id", "Values": [group_id(copy, "etcd")]}]
    for rule in copy.ec2.describe_security_group_rules(Filters=filters)["SecurityGroupRules"]:
        if not rule["IsEgress"] and rule["FromPort"] == 2380:
            copy.ec2.revoke_security_group_ingress(
                GroupId=rule["GroupId"], SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]]
            )


@breaks("matrix", "etcd may call anything")
def etcd_calls_anything(copy: Copy) -> None:
    copy.ec2.authorize_security_group_egress(
        GroupId=group_id(copy, "etcd"), IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )


@breaks("api-allow-list", "the API lets in another range")
def another_range(copy: Copy) -> None:
    copy.ec2.authorize_security_group_ingress(
        GroupId=group_id(copy, "api"), IpProtocol="tcp", FromPort=6443, ToPort=6443, CidrIp="198.51.100.0/24"
    )


# Encryption


@breaks("disks-encrypted", "an instance has an unencrypted disk")
def plain_disk(copy: Copy) -> None:
    found = instance(copy, "workers")
    made = copy.ec2.create_volume(
        AvailabilityZone=found["Placement"]["AvailabilityZone"],
        Size=10,
        Encrypted=False,
        TagSpecifications=[{"ResourceType": "volume", "Tags": _plain_tags(copy)}],
    )
    copy.ec2.attach_volume(VolumeId=made["VolumeId"], InstanceId=found["InstanceId"], Device="/dev/sdg")


def _plain_tags(copy: Copy) -> list[dict[str, str]]:
    return [{"Key": key, "Value": copy.cluster} for key in ("cluster", "project", "owner", "environment")]


@breaks("keys-kept", "a key is about to be deleted")
def delete_key(copy: Copy) -> None:
    copy.client("kms").schedule_key_deletion(
        KeyId=data_volume(copy)["KmsKeyId"].rsplit("/", 1)[1], PendingWindowInDays=7
    )


@breaks("keys-kept", "a key is no longer rotated")
def no_rotation(copy: Copy) -> None:
    copy.client("kms").disable_key_rotation(KeyId=data_volume(copy)["KmsKeyId"])


@breaks("secrets-kept", "a secret is deleted")
def delete_secret(copy: Copy) -> None:
    secrets = copy.client("secretsmanager")
    found = next(one for one in secrets.list_secrets()["SecretList"] if one["Name"].endswith("/encryption"))
    secrets.delete_secret(SecretId=found["ARN"], RecoveryWindowInDays=7)


@breaks("buckets-closed", "the snapshots' bucket is no longer versioned")
def no_versions(copy: Copy) -> None:
    copy.client("s3").put_bucket_versioning(
        Bucket=bucket(copy, "snapshots"), VersioningConfiguration={"Status": "Suspended"}
    )


@breaks("buckets-closed", "the snapshots' bucket may be opened to the public")
def no_block(copy: Copy) -> None:
    copy.client("s3").delete_public_access_block(Bucket=bucket(copy, "snapshots"))


@breaks("buckets-closed", "the snapshots' bucket is reached without TLS")
def no_tls(copy: Copy) -> None:
    copy.client("s3").delete_bucket_policy(Bucket=bucket(copy, "snapshots"))


@breaks("buckets-closed", "the issuer's bucket lets anybody read everything")
def open_issuer(copy: Copy) -> None:
    s3, chosen = copy.client("s3"), bucket(copy, "issuer")
    policy = json.loads(s3.get_bucket_policy(Bucket=chosen)["Policy"])
    policy["Statement"][1]["Resource"] = [f"arn:aws:s3:::{chosen}/*"]
    s3.put_bucket_policy(Bucket=chosen, Policy=json.dumps(policy))


# Rights and tags


@breaks("instance-rights", "workers may read every secret")
def wider_rights(copy: Copy) -> None:
    statement = {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": ["*"]}
    copy.client("iam").put_role_policy(
        RoleName=name(copy, f"{copy.region}-workers"),
        PolicyName="more",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


@breaks("instance-rights", "a managed policy is attached to the members' role")
def attached_policy(copy: Copy) -> None:
    iam = copy.client("iam")
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}
    made = iam.create_policy(
        PolicyName="more", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    iam.attach_role_policy(RoleName=name(copy, f"{copy.region}-etcd"), PolicyArn=made["Policy"]["Arn"])


@breaks("service-account-trust", "a role trusts every service account")
def trust_everybody(copy: Copy) -> None:
    iam = copy.client("iam")
    provider = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"][0]["Arn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"issuer:aud": "sts.amazonaws.com"}},
    }
    iam.create_role(
        RoleName="anybody",
        Tags=_plain_tags(copy),
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


@breaks("issuer-known", "a second issuer is taken for the cluster's")
def second_issuer(copy: Copy) -> None:
    copy.client("iam").create_open_id_connect_provider(
        Url="https://issuer.example.org",
        ClientIDList=["sts.amazonaws.com"],
        Tags=[{"Key": "cluster", "Value": copy.cluster}, {"Key": "tripod:role", "Value": "issuer"}],
    )


@breaks("cost-tags", "an instance loses its owner")
def no_owner(copy: Copy) -> None:
    found = instance(copy, "workers")["InstanceId"]
    copy.ec2.delete_tags(Resources=[found], Tags=[{"Key": "owner"}])


@breaks("cost-tags", "a bucket loses its project")
def no_project(copy: Copy) -> None:
    s3, chosen = copy.client("s3"), bucket(copy, "payload")
    tags = [one for one in s3.get_bucket_tagging(Bucket=chosen)["TagSet"] if one["Key"] != "project"]
    s3.put_bucket_tagging(Bucket=chosen, Tagging={"TagSet": tags})
