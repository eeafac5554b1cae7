"""Facts of a stack that the rights of people and pipelines are limited to, and ARNs of what it has."""

from dataclasses import dataclass

from tripod.core.iam_documents import Condition
from tripod.core.naming import ownership_tag
from tripod.core.regions import partition


@dataclass(frozen=True)
class StackFacts:
    """Facts of a stack that its rights are limited to.

    Attributes:
        account: its account.
        region: its region.
        cluster: its cluster's name.
        peer_regions: further regions, of VPCs with databases.
        peer_roles: ARNs of roles that it assumes in other accounts.
        given_keys: ARNs of KMS keys that the stack file gives.
        read_secrets: names or ARNs of secrets that the program reads for add-ons.
    """

    account: str
    region: str
    cluster: str
    peer_regions: tuple[str, ...] = ()
    peer_roles: tuple[str, ...] = ()
    given_keys: tuple[str, ...] = ()
    read_secrets: tuple[str, ...] = ()

    @property
    def regions(self) -> list[str]:
        """Every region, each once."""
        return list(dict.fromkeys((self.region, *self.peer_regions)))

    @property
    def here(self) -> Condition:
        """The condition that a call is in one of the regions."""
        return {"StringEquals": {"aws:RequestedRegion": self.regions}}

    @property
    def owned(self) -> dict[str, str | list[str]]:
        """The tag of a resource that is the cluster's."""
        return {f"aws:ResourceTag/{ownership_tag(self.cluster)}": "owned"}

    def arns(self, service: str, *resources: str) -> tuple[str, ...]:
        """ARNs of the account's resources in every region."""
        return tuple(
            f"arn:{partition(self.region)}:{service}:{region}:{self.account}:{resource}"
            for region in self.regions
            for resource in resources
        )

    def global_arns(self, service: str, *resources: str) -> tuple[str, ...]:
        """ARNs of resources in no region; buckets' have no account either."""
        account = "" if service == "s3" else self.account
        return tuple(f"arn:{partition(self.region)}:{service}::{account}:{resource}" for resource in resources)

    @property
    def tagged_at_creation(self) -> Condition:
        """The condition that a resource is made with the tag of the cluster's own."""
        return {"StringEquals": {f"aws:RequestTag/{ownership_tag(self.cluster)}": "owned"}}

    @property
    def distributions(self) -> tuple[str, ...]:
        """Distributions of CloudFront, whose ids AWS chooses."""
        return self.global_arns("cloudfront", "distribution/*")

    @property
    def origin_accesses(self) -> tuple[str, ...]:
        """Distributions' access to their origins; they have neither names in ARNs nor tags."""
        return self.global_arns("cloudfront", "origin-access-control/*")

    @property
    def ec2(self) -> tuple[str, ...]:
        """Every resource of EC2 that has an owner."""
        return self.arns("ec2", "*/*")

    @property
    def groups(self) -> tuple[str, ...]:
        """Auto-scaling groups."""
        return self.arns("autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{self.cluster}-*")

    @property
    def balancers(self) -> tuple[str, ...]:
        """Load balancers of the stack's own, with their parts."""
        kinds = ("loadbalancer/net", "targetgroup", "listener/net")
        return self.arns("elasticloadbalancing", *(f"{kind}/{self.cluster}-*" for kind in kinds))

    @property
    def roles(self) -> tuple[str, ...]:
        """Roles and instance profiles."""
        return self.global_arns("iam", f"role/{self.cluster}-*", f"instance-profile/{self.cluster}-*")

    @property
    def identity_providers(self) -> tuple[str, ...]:
        """Identity providers, named after the issuer's host, which AWS may choose."""
        return self.global_arns("iam", "oidc-provider/*")

    @property
    def buckets(self) -> tuple[str, ...]:
        """Buckets and their objects."""
        return self.global_arns("s3", f"{self.cluster}-*")

    @property
    def secrets(self) -> tuple[str, ...]:
        """Secrets."""
        return self.arns("secretsmanager", f"secret:{self.cluster}/*")

    @property
    def logs(self) -> tuple[str, ...]:
        """Log groups."""
        return self.arns("logs", f"log-group:/tripod/{self.cluster}/*")

    @property
    def databases(self) -> tuple[str, ...]:
        """Databases, and the groups of settings that AWS brings."""
        named = (f"{kind}:{self.cluster}-*" for kind in ("db", "snapshot", "subgrp"))
        return self.arns("rds", *named, "og:default:*", "pg:default.*")

    @property
    def public_parameters(self) -> tuple[str, ...]:
        """Parameters that AWS and others publish."""
        return tuple(f"arn:{partition(self.region)}:ssm:{region}::parameter/aws/service/*" for region in self.regions)
