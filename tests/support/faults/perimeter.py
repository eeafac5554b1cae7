"""Ways to open what is closed, and to close what is open."""

from support.account.rehearsed import Copy
from support.faults.finding import close, group_id, let_in, name, retemplate
from support.faults.noting import breaks
from support.operations.kubernetes_made import Controllers


@breaks("no-ssh", "port 22 is opened")
def open_ssh(copy: Copy) -> None:
    let_in(copy, group_id(copy, "workers"), "0.0.0.0/0", 22)


@breaks("no-ssh", "a template has a key pair")
def key_pair(copy: Copy) -> None:
    retemplate(copy, name(copy, "workers-general-0"), {"KeyName": "mine"})


@breaks("matrix", "workers reach etcd")
def workers_reach_etcd(copy: Copy) -> None:
    let_in(copy, group_id(copy, "etcd"), group_id(copy, "workers"), 2379)


@breaks("matrix", "members no longer reach one another")
def separate_members(copy: Copy) -> None:
    close(copy, group_id(copy, "etcd"), 2380)


@breaks("matrix", "etcd may call anything")
def etcd_calls_anything(copy: Copy) -> None:
    copy.ec2.authorize_security_group_egress(
        GroupId=group_id(copy, "etcd"), IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    )


@breaks("matrix", "the cloud controller opens NodePorts to everybody")
def node_ports(copy: Copy) -> None:
    Controllers(copy, {}).open_nodes(group_id(copy, "workers"), "a1b2", ["0.0.0.0/0"], [])


@breaks("matrix", "load balancers no longer reach NodePorts")
def closed_to_load_balancers(copy: Copy) -> None:
    close(copy, group_id(copy, "workers"), 30000)


@breaks("api-allow-list", "the API lets in another range")
def another_range(copy: Copy) -> None:
    let_in(copy, group_id(copy, "api"), "198.51.100.0/24", 6443)
