"""Ways to open what is closed, and to close what is open."""

from support.account.rehearsed import Copy
from support.faults.finding import group_id, name, retemplate
from support.faults.noting import breaks


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
