"""A cluster's resources in AWS: found by tags, read at first use, and only read."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from tripod.core.json_types import JsonMapping
from tripod.core.naming import INCARNATION_TAG, MEMBER_TAG, ROLE_TAG, ownership_tag
from tripod.security.matrix import RuleEnd
from tripod.stack.aws_clients import Boto3Client, Clients
from tripod.storage.layout import TOPOLOGY_KEY

Described = JsonMapping
"""A resource as AWS describes it."""


class NoClusterError(Exception):
    """There is no such cluster in the account. The message names it."""


def tags_of(described: Described) -> dict[str, str]:
    """The tags of a resource, in whichever form its service has them."""
    listed: list[Described] = described.get("Tags") or described.get("TagSet") or described.get("TagList") or []
    return {tag["Key"]: tag["Value"] for tag in listed}


def role_of(described: Described) -> str:
    """The role of a resource, by its tag."""
    return tags_of(described).get(ROLE_TAG, "")


def member_of(group: Described) -> str:
    """The etcd member that an auto-scaling group is for; empty for other roles."""
    return tags_of(group).get(MEMBER_TAG, "")


def template_reference(group: Described) -> Described:
    """An auto-scaling group's reference to its launch template; empty if it has none."""
    mixed: Described = group.get("MixedInstancesPolicy", {}).get("LaunchTemplate", {})
    return group.get("LaunchTemplate") or mixed.get("LaunchTemplateSpecification", {})


def pages(client: Boto3Client, operation: str, key: str, **arguments: object) -> list[Described]:
    """Everything that a paged operation returns under a key."""
    return [item for page in client.get_paginator(operation).paginate(**arguments) for item in page.get(key, [])]


def table_of(tables: Sequence[Described], subnet_id: str) -> Described:
    """The table among those of a VPC that routes a subnet: its own, or the main one."""
    for table in tables:
        if any(association.get("SubnetId") == subnet_id for association in table["Associations"]):
            return table
    return next(table for table in tables if any(found.get("Main") for found in table["Associations"]))


@dataclass
class ClusterInventory:
    """The resources of a cluster in an account.

    Attributes:
        clients: clients of the account.
        region: the cluster's region.
        cluster: its name.
    """

    clients: Clients
    region: str
    cluster: str

    def client(self, service: str) -> Boto3Client:
        """A client in the cluster's region."""
        return self.clients.client(service, self.region)

    def pages(self, service: str, operation: str, key: str, **arguments: object) -> list[Described]:
        """Everything that a paged operation returns under a key."""
        return pages(self.client(service), operation, key, **arguments)

    def filtered(self, operation: str, key: str, name: str, values: Iterable[str], region: str = "") -> list[Described]:
        """Everything that EC2 lists under a key, with one of some values of a filter; by default in its own region."""
        client = self.clients.client("ec2", region or self.region)
        return pages(client, operation, key, Filters=[{"Name": name, "Values": list(values)}])

    def owned(self, operation: str, key: str) -> list[Described]:
        """The cluster's own resources of a kind in EC2, by its tag."""
        return self.filtered(operation, key, f"tag:{ownership_tag(self.cluster)}", ["owned"])

    @cached_property
    def topology(self) -> Described:
        """The document with etcd's members and the failure that the cluster must survive."""
        body = self.client("s3").get_object(Bucket=self.payload_bucket, Key=TOPOLOGY_KEY)["Body"].read()
        return json.loads(body)

    @property
    def incarnation(self) -> str:
        """The incarnation of the cluster."""
        return self.topology["incarnation"]

    @cached_property
    def payload_bucket(self) -> str:
        """The bucket that nodes boot from; a cluster has one, and it goes with the cluster.

        Raises:
            NoClusterError: there is none, or more than one.
        """
        found = [name for name, tags in self.buckets.items() if tags.get(ROLE_TAG) == "payload"]
        if len(found) != 1:
            raise NoClusterError(
                f"{len(found)} payload buckets of a cluster {self.cluster!r} in {self.region}; a cluster has one"
            )
        return found[0]

    @cached_property
    def buckets(self) -> dict[str, dict[str, str]]:
        """Bucket → tags, of the cluster's own: those with a role. A team may tag others with the cluster's name."""
        found = self.pages(
            "resourcegroupstaggingapi",
            "get_resources",
            "ResourceTagMappingList",
            TagFilters=[{"Key": "cluster", "Values": [self.cluster]}],
            ResourceTypeFilters=["s3"],
        )
        tags = {mapping["ResourceARN"].rsplit(":", 1)[1]: tags_of(mapping) for mapping in found}
        return {name: tags for name, tags in tags.items() if ROLE_TAG in tags}

    @cached_property
    def account_id(self) -> str:
        """The account."""
        return self.client("sts").get_caller_identity()["Account"]

    # Network

    @cached_property
    def subnets(self) -> list[Described]:
        """Subnets of nodes, members and load balancers, owned or shared with the cluster."""
        tag = f"tag:{ownership_tag(self.cluster)}"
        found = self.filtered("describe_subnets", "Subnets", tag, ["owned", "shared"])
        return [subnet for subnet in found if subnet["VpcId"] == self.vpc_id]

    @cached_property
    def vpc_id(self) -> str:
        """The VPC of the cluster's nodes: that of their security group."""
        return self.groups["workers"]["VpcId"]

    @cached_property
    def groups(self) -> dict[str, Described]:
        """Role → security group, of the matrix' groups."""
        roles = {role_of(group): group for group in self._owned_groups if role_of(group) in set(RuleEnd)}
        missing = {RuleEnd.ETCD, RuleEnd.CONTROL_PLANE, RuleEnd.WORKERS, RuleEnd.API} - roles.keys()
        if missing:
            raise NoClusterError(
                f"no security group of {', '.join(sorted(missing))} of a cluster {self.cluster!r} in {self.region}"
            )
        return roles

    @cached_property
    def _owned_groups(self) -> list[Described]:
        return self.owned("describe_security_groups", "SecurityGroups")

    @cached_property
    def service_groups(self) -> set[str]:
        """The groups that Kubernetes' cloud controller made for load balancers of Services."""
        return {group["GroupId"] for group in self._owned_groups if not role_of(group)}

    @cached_property
    def group_rules(self) -> list[Described]:
        """The rules of all those groups."""
        ids = [group["GroupId"] for group in self.groups.values()]
        return self.filtered("describe_security_group_rules", "SecurityGroupRules", "group-id", ids)

    @cached_property
    def route_tables(self) -> list[Described]:
        """Every route table of the VPC."""
        return self.filtered("describe_route_tables", "RouteTables", "vpc-id", [self.vpc_id])

    def route_table_of(self, subnet_id: str) -> Described:
        """The table that routes a subnet."""
        return table_of(self.route_tables, subnet_id)

    # Instances

    @cached_property
    def instances(self) -> list[Described]:
        """The cluster's instances that are not terminated."""
        states = {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
        owned = {"Name": f"tag:{ownership_tag(self.cluster)}", "Values": ["owned"]}
        found = self.pages("ec2", "describe_instances", "Reservations", Filters=[states, owned])
        return [instance for reservation in found for instance in reservation["Instances"]]

    @cached_property
    def volumes(self) -> list[Described]:
        """The cluster's volumes: those that bear its tag, and those that its instances have."""
        attached = [disk["Ebs"]["VolumeId"] for instance in self.instances for disk in instance["BlockDeviceMappings"]]
        known = {volume["VolumeId"]: volume for volume in self.owned("describe_volumes", "Volumes")}
        unknown = [id_ for id_ in attached if id_ not in known]
        more = self.pages("ec2", "describe_volumes", "Volumes", VolumeIds=unknown) if unknown else []
        return [*known.values(), *more]

    @cached_property
    def scaling_groups(self) -> list[Described]:
        """The cluster's auto-scaling groups."""
        filters = [{"Name": f"tag:{ownership_tag(self.cluster)}", "Values": ["owned"]}]
        return self.pages("autoscaling", "describe_auto_scaling_groups", "AutoScalingGroups", Filters=filters)

    def scaling_groups_of(self, role: str) -> list[Described]:
        """The auto-scaling groups of a role, by name."""
        return sorted(
            (group for group in self.scaling_groups if role_of(group) == role),
            key=lambda group: group["AutoScalingGroupName"],
        )

    @cached_property
    def templates(self) -> dict[str, Described]:
        """Auto-scaling group → the data of the template version that it launches."""
        return {
            group["AutoScalingGroupName"]: self.template_version(template_reference(group))["LaunchTemplateData"]
            for group in self.scaling_groups
        }

    def template_version(self, reference: Described) -> Described:
        """The version of a launch template that a reference is to."""
        return self.client("ec2").describe_launch_template_versions(
            LaunchTemplateId=reference["LaunchTemplateId"], Versions=[reference["Version"]]
        )["LaunchTemplateVersions"][0]

    # Keys and secrets

    @cached_property
    def keys(self) -> dict[str, Described]:
        """ARN → metadata of every key that encrypts something of the cluster, its own or given."""
        used = {volume["KmsKeyId"] for volume in self.volumes if volume.get("KmsKeyId")}
        used |= {secret["KmsKeyId"] for secret in self.secrets if secret.get("KmsKeyId")}
        kms = self.client("kms")
        return {arn: kms.describe_key(KeyId=arn)["KeyMetadata"] for arn in sorted(used)}

    @cached_property
    def secrets(self) -> list[Described]:
        """The secrets of this incarnation, including those scheduled for deletion."""
        prefix = f"{self.cluster}/{self.incarnation}/"
        found = self.pages(
            "secretsmanager",
            "list_secrets",
            "SecretList",
            Filters=[{"Key": "name", "Values": [prefix]}],
            IncludePlannedDeletion=True,
        )
        return [secret for secret in found if secret["Name"].startswith(prefix)]

    @cached_property
    def data_volumes(self) -> list[Described]:
        """The members' volumes of this incarnation."""
        return [volume for volume in self.volumes if tags_of(volume).get(INCARNATION_TAG) == self.incarnation]

    # The issuer of service-account tokens

    @cached_property
    def oidc_providers(self) -> dict[str, Described]:
        """ARN → description of IAM's OIDC providers of the cluster."""
        iam = self.client("iam")
        listed: list[Described] = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
        found = {one["Arn"]: iam.get_open_id_connect_provider(OpenIDConnectProviderArn=one["Arn"]) for one in listed}
        return {arn: one for arn, one in found.items() if tags_of(one).get("cluster") == self.cluster and role_of(one)}

    @property
    def distribution_hosts(self) -> list[str]:
        """The names of the distributions that publish an issuer, by IAM's providers."""
        # IAM describes a provider's URL without its scheme.
        urls = sorted(provider["Url"].removeprefix("https://") for provider in self.oidc_providers.values())
        return [url for url in urls if url.endswith(".cloudfront.net")]

    @cached_property
    def distributions(self) -> dict[str, Described]:
        """Name → summary of those distributions. Where there is none, CloudFront is not asked: it is not everywhere."""
        pages = (
            self.client("cloudfront").get_paginator("list_distributions").paginate() if self.distribution_hosts else ()
        )
        found: list[Described] = [one for page in pages for one in page["DistributionList"].get("Items", [])]
        return {one["DomainName"]: one for one in found if one["DomainName"] in self.distribution_hosts}

    # Load balancers

    @cached_property
    def load_balancers(self) -> list[Described]:
        """The API's load balancers: those that have one of its security groups."""
        ids = {self.groups[role]["GroupId"] for role in ("api", "public-api") if role in self.groups}
        found = self.pages("elbv2", "describe_load_balancers", "LoadBalancers")
        return [balancer for balancer in found if ids & set(balancer.get("SecurityGroups", []))]

    def target_groups_of(self, balancer: Described) -> list[Described]:
        """The target groups that a load balancer forwards to."""
        arn = balancer["LoadBalancerArn"]
        return self.pages("elbv2", "describe_target_groups", "TargetGroups", LoadBalancerArn=arn)
