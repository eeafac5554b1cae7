"""Ways to break the API's load balancer and name."""

from support.account.rehearsed import Copy
from support.faults.finding import instance, load_balancer, target_group
from support.faults.noting import breaks


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


@breaks("api-targets", "a control-plane node no longer answers")
def stop_answering(copy: Copy) -> None:
    copy.ec2.stop_instances(InstanceIds=[instance(copy, "control-plane")["InstanceId"]])
