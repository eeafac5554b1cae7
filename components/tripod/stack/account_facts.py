"""Facts of an account that AWS answers: quotas and their use, offered instance types, the default VPC."""

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

from botocore.exceptions import ClientError

from tripod.core.json_types import JsonMapping
from tripod.core.naming import ownership_tag
from tripod.stack.aws_clients import Boto3Client, Clients, error_code
from tripod.stack.quotas import Quota, Usage

_STANDARD = re.compile(r"([acdhimrtz]|im|is)\d")
"""Families that the quota of standard instances counts: A, C, D, H, I, M, R, T, Z (EC2 User Guide, On-Demand Instance
quotas); others, such as g, inf, p, trn and x, have quotas of their own."""


class AccountFacts:
    """Facts of an account in a region, each read at first use.

    Every one raises ClientError or BotoCoreError where the credentials may not read it.

    Args:
        clients: clients of the account.
        region: the region.
        cluster: the cluster's name.
    """

    def __init__(self, clients: Clients, region: str, cluster: str) -> None:
        self._clients, self._region, self._cluster = clients, region, cluster

    def _client(self, service: str) -> Boto3Client:
        return self._clients.client(service, self._region)

    @cached_property
    def account(self) -> str:
        """The account's number."""
        return self._client("sts").get_caller_identity()["Account"]

    def limit(self, quota: Quota) -> float:
        """The value of a quota: the account's own, or AWS' default where none was ever set for the account."""
        client, named = self._client("service-quotas"), {"ServiceCode": quota.service, "QuotaCode": quota.code}
        try:
            return client.get_service_quota(**named)["Quota"]["Value"]
        except ClientError as error:
            if error_code(error) != "NoSuchResourceException":
                raise
            return client.get_aws_default_service_quota(**named)["Quota"]["Value"]

    def addresses(self) -> Usage:
        """The use of elastic IPs; those of a pool of one's own do not count."""
        found = self._client("ec2").describe_addresses()["Addresses"]
        return self._usage([one for one in found if one.get("PublicIpv4Pool", "amazon") == "amazon"])

    @cached_property
    def _vpcs(self) -> list[JsonMapping]:
        mine = [{"Name": "owner-id", "Values": [self.account]}]
        return self._pages("ec2", "describe_vpcs", "Vpcs", Filters=mine)

    def vpcs(self) -> Usage:
        """The use of VPCs; those of other accounts that are shared with this one do not count."""
        return self._usage(self._vpcs)

    def has_default_vpc(self) -> bool:
        """True if the account has a default VPC in the region."""
        return any(vpc["IsDefault"] for vpc in self._vpcs)

    def balancers(self) -> Usage:
        """The use of network load balancers."""
        found = self._pages("elbv2", "describe_load_balancers", "LoadBalancers")
        arns = [one["LoadBalancerArn"] for one in found if one["Type"] == "network"]
        described: list[JsonMapping] = []
        for start in range(0, len(arns), 20):  # as many as AWS takes
            answer = self._client("elbv2").describe_tags(ResourceArns=arns[start : start + 20])
            described += answer["TagDescriptions"]
        return self._usage(described)

    def vcpus(self, types: Iterable[str]) -> tuple[dict[str, int], Usage]:
        """Some instance types' vCPUs, of those that the quota counts, and its use by instances that run or start."""
        states = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
        found = self._pages("ec2", "describe_instances", "Reservations", Filters=states)
        counted = [
            one
            for reservation in found
            for one in reservation["Instances"]
            # Spot instances and capacity blocks have other quotas, and a dedicated host's instances none.
            if "InstanceLifecycle" not in one and one["Placement"].get("Tenancy") != "host"
        ]
        sizes = self._sizes({*types, *(one["InstanceType"] for one in counted)})
        total = sum(sizes.get(one["InstanceType"], 0) for one in counted)
        own = sum(sizes.get(one["InstanceType"], 0) for one in counted if self._is_own(one))
        return sizes, Usage(total, own)

    def _sizes(self, types: set[str]) -> dict[str, int]:
        listed = sorted(name for name in types if _STANDARD.match(name))
        wanted = [{"Name": "instance-type", "Values": listed}]
        found = self._pages("ec2", "describe_instance_types", "InstanceTypes", Filters=wanted) if listed else []
        return {one["InstanceType"]: one["VCpuInfo"]["DefaultVCpus"] for one in found}

    def offered(self, types: Iterable[str]) -> Mapping[str, set[str]]:
        """Instance type → the zones that offer it; a type that the region does not offer is absent."""
        wanted = [{"Name": "instance-type", "Values": sorted(set(types))}]
        operation, key = "describe_instance_type_offerings", "InstanceTypeOfferings"
        zones: dict[str, set[str]] = {}
        for one in self._pages("ec2", operation, key, LocationType="availability-zone", Filters=wanted):
            zones.setdefault(one["InstanceType"], set()).add(one["Location"])
        return zones

    def _pages(self, service: str, operation: str, key: str, **arguments: object) -> list[JsonMapping]:
        answers = self._client(service).get_paginator(operation).paginate(**arguments)
        return [item for page in answers for item in page.get(key, [])]

    def _usage(self, found: Sequence[JsonMapping]) -> Usage:
        return Usage(len(found), sum(map(self._is_own, found)))

    def _is_own(self, found: JsonMapping) -> bool:
        owned = {"Key": ownership_tag(self._cluster), "Value": "owned"}
        return owned in found.get("Tags", [])
