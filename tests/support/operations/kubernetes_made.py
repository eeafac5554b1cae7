"""What Kubernetes' controllers make in AWS, made by hand; and nodes whose API knows of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from support.account.rehearsed import Copy
from support.add_ons.external_dns import ELSEWHERE, written
from support.operations.answering_agents import AnsweringAgents
from tripod.operations.remote import RemoteError

NODE_PORTS_OF_SERVICE = (30080, 30443)
"""The NodePorts of HTTP and HTTPS of an ingress."""


@dataclass
class Agents(AnsweringAgents):
    """Control-plane nodes whose API knows what the controllers made, and has them let go of it.

    Attributes:
        copy: the account.
        held: what the API says; None where no API server answers.
        released: what the cluster was told to let go of.
    """

    copy: Copy
    held: dict[str, list[str]] | None
    released: list[Mapping[str, Any]] = field(default_factory=list[Mapping[str, Any]])

    def answer(self, instance: str, command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any]:
        if self.held is None:
            raise RemoteError(f"{instance} is silent")
        if command == "release":
            self.released.append(dict(arguments))
            return {"left": ""}
        return self.held


@dataclass(frozen=True)
class Controllers:
    """What Kubernetes' controllers make in AWS, for a cluster or, with other tags, for another one."""

    copy: Copy
    tags: Mapping[str, str]

    @property
    def listed(self) -> list[dict[str, str]]:
        return [{"Key": key, "Value": value} for key, value in self.tags.items()]

    def specified(self, kind: str) -> list[dict[str, Any]]:
        return [{"ResourceType": kind, "Tags": self.listed}]

    def load_balancer(self, name: str, subnet: str, vpc: str) -> list[str]:
        """A load balancer with its target group, without client IP preservation, and its security group."""
        group = self.copy.ec2.create_security_group(
            GroupName=f"k8s-elb-{name}",
            Description="for a Service",
            VpcId=vpc,
            TagSpecifications=self.specified("security-group"),
        )["GroupId"]
        elb = self.copy.client("elbv2")
        balancer = elb.create_load_balancer(
            Name=name, Type="network", Subnets=[subnet], SecurityGroups=[group], Tags=self.listed
        )["LoadBalancers"][0]["LoadBalancerArn"]
        targets = elb.create_target_group(
            Name=name, Protocol="TCP", Port=443, VpcId=vpc, TargetType="instance", Tags=self.listed
        )["TargetGroups"][0]["TargetGroupArn"]
        attributes = [{"Key": "preserve_client_ip.enabled", "Value": "false"}]
        elb.modify_target_group_attributes(TargetGroupArn=targets, Attributes=attributes)
        elb.create_listener(
            LoadBalancerArn=balancer,
            Protocol="TCP",
            Port=443,
            DefaultActions=[{"Type": "forward", "TargetGroupArn": targets}],
        )
        return [balancer, targets, group]

    def open_nodes(self, group: str, name: str, clients: Sequence[str], subnets: Sequence[str]) -> None:
        """What the controller opens in the nodes' group without DisableSecurityGroupIngress, for a load balancer.

        Transcribed from cloud-provider-aws 1.36.1, pkg/providers/v1/aws_loadbalancer.go:
        updateInstanceSecurityGroupsForNLB, updateInstanceSecurityGroupForNLBTraffic and
        updateInstanceSecurityGroupForNLBMTU. Health checks are of the NodePorts themselves.

        Args:
            group: the nodes' group.
            name: the load balancer's name, which is part of the descriptions.
            clients: the Service's loadBalancerSourceRanges.
            subnets: the ranges of the load balancer's subnets.
        """
        checks = () if list(clients) == ["0.0.0.0/0"] else subnets
        described = [("health", range_) for range_ in checks] + [("client", range_) for range_ in clients]
        rules = [
            ("tcp", port, port, range_, f"kubernetes.io/rule/nlb/{kind}={name}")
            for port in NODE_PORTS_OF_SERVICE
            for kind, range_ in described
        ]
        rules += [("icmp", 3, 4, range_, "kubernetes.io/rule/nlb/mtu") for range_ in clients]
        permissions = [
            {
                "IpProtocol": protocol,
                "FromPort": first,
                "ToPort": last,
                "IpRanges": [{"CidrIp": range_, "Description": description}],
            }
            for protocol, first, last, range_, description in rules
        ]
        self.copy.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permissions)

    def volume(self) -> str:
        return self.copy.ec2.create_volume(
            AvailabilityZone="us-west-2a", Size=8, TagSpecifications=self.specified("volume")
        )["VolumeId"]

    def snapshot(self, volume: str) -> str:
        """A snapshot as the EBS CSI driver tags it (pkg/driver/controller.go, CreateSnapshot)."""
        (cluster,) = [key.removeprefix("kubernetes.io/cluster/") for key in self.tags if "/cluster/" in key] or [""]
        tags = {
            **self.tags,
            "CSIVolumeSnapshotName": "snapshot-1",
            "ebs.csi.aws.com/cluster": "true",
            "Name": f"{cluster}-dynamic-snapshot-1",
            "cluster": cluster,
        }
        listed = [{"Key": key, "Value": value} for key, value in tags.items()]
        return self.copy.ec2.create_snapshot(
            VolumeId=volume, TagSpecifications=[{"ResourceType": "snapshot", "Tags": listed}]
        )["SnapshotId"]


def sign(copy: Copy, zone: str, name: str, given: Sequence[str]) -> None:
    """Make a name and sign it, as external-dns does with some arguments."""
    changes = [
        {"Action": "CREATE", "ResourceRecordSet": record}
        for record in written(given, "ingress/shop/web", name, ELSEWHERE)
    ]
    copy.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": changes})
