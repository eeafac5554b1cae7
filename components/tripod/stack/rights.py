"""IAM policies for people and pipelines that preview, bring up, and delete a stack.

Whoever may make a role with any policy has all rights of the account in the end: give `up` to few.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tripod.core.iam_documents import Condition, Document, Statement, policy_document
from tripod.core.naming import ownership_tag
from tripod.core.regions import dns_suffix, partition
from tripod.stack import rights_actions as actions

Purpose = Literal["preview", "up", "delete"]

LINKED_ROLES = ("autoscaling", "elasticloadbalancing", "rds", "spot")
"""Services whose service-linked role AWS makes at their first use in an account, in the name of the caller."""

MANAGED_POLICY_SIZE = 6144
"""Characters of a managed policy at most, of which a role takes ten (IAM User Guide, IAM and STS quotas)."""

_PORT_FORWARDING = "AWS-StartPortForwardingSession"


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
        """ARNs of resources in no region; of IAM they have the account."""
        account = self.account if service == "iam" else ""
        return tuple(f"arn:{partition(self.region)}:{service}::{account}:{resource}" for resource in resources)


def rights(purpose: Purpose, facts: StackFacts) -> list[Document]:
    """Build the policies for a purpose; those for an update, or a deletion, include a preview's.

    Returns:
        As few as managed policies' size allows.
    """
    packed: list[list[Statement]] = [[]]
    for statement in (*_preview(facts), *_MORE[purpose](facts)):
        if policy_size(policy_document(*packed[-1], statement)) > MANAGED_POLICY_SIZE:
            packed.append([])
        packed[-1].append(statement)
    return [policy_document(*statements) for statements in packed]


def policy_size(document: Document) -> int:
    """The size of a policy as IAM counts it: without white space."""
    return len(json.dumps(document, separators=(",", ":")))


def _preview(facts: StackFacts) -> tuple[Statement, ...]:
    """Reading, and a session to a control-plane node: a preview compares objects in the cluster too."""
    session = tuple(
        f"arn:{partition(facts.region)}:ssm:{region}::document/{_PORT_FORWARDING}" for region in facts.regions
    )
    return (
        Statement("Describe", actions.DESCRIBE, ("*",)),
        Statement("ReadRoles", actions.READ_IAM, _roles(facts)),
        Statement("ReadBuckets", actions.READ_BUCKETS, _buckets(facts)),
        Statement("ReadSecretsPolicies", actions.READ_SECRETS, _secrets(facts)),
        Statement("ReadPublicImages", ("ssm:GetParameter", "ssm:GetParameters"), _public_parameters(facts)),
        Statement("OpenSession", ("ssm:StartSession",), session),
        Statement(
            "ReachNodes",
            ("ssm:StartSession",),
            facts.arns("ec2", "instance/*"),
            {"StringEquals": {"ssm:resourceTag/cluster": facts.cluster}},
        ),
        Statement(
            "EndOwnSessions",
            ("ssm:ResumeSession", "ssm:TerminateSession"),
            facts.arns("ssm", "session/${aws:userid}-*"),
        ),
        *_named_secrets(facts),
        *((Statement("ActInPeers", ("sts:AssumeRole",), facts.peer_roles),) if facts.peer_roles else ()),
    )


def _named_secrets(facts: StackFacts) -> tuple[Statement, ...]:
    """Reading secrets that the stack file names for add-ons; each may have any key of the account."""
    if not facts.read_secrets:
        return ()
    # The service adds a hyphen and six characters to a name.
    named = [facts.arns("secretsmanager", f"secret:{name}-??????") for name in facts.read_secrets if ":" not in name]
    arns = (*(name for name in facts.read_secrets if ":" in name), *(arn for listed in named for arn in listed))
    by_services = [f"secretsmanager.{region}.{dns_suffix(region)}" for region in facts.regions]
    decrypting: Condition = {
        "StringEquals": {"kms:ViaService": by_services},
        "ArnLike": {"kms:EncryptionContext:SecretARN": list(arns)},
    }
    return (
        Statement("ReadNamedSecrets", ("secretsmanager:DescribeSecret", "secretsmanager:GetSecretValue"), arns),
        Statement("DecryptNamedSecrets", ("kms:Decrypt",), facts.arns("kms", "key/*"), decrypting),
    )


def _up(facts: StackFacts) -> tuple[Statement, ...]:
    cluster = facts.cluster
    pass_to = [f"ec2.{dns_suffix(facts.region)}", "vpc-flow-logs.amazonaws.com"]
    linked = [f"{name}.amazonaws.com" for name in LINKED_ROLES]
    return (
        Statement("MakeNetworkAndInstances", (*actions.MAKE_EC2, *actions.UNDO_EC2), ("*",), facts.here),
        _destroy_owned(facts),
        Statement("MakeGroups", (*actions.MAKE_GROUPS, *actions.CHANGE_GROUPS), _groups(facts)),
        Statement("MakeBalancers", (*actions.MAKE_BALANCERS, *actions.CHANGE_BALANCERS), _balancers(facts)),
        Statement("MakeRoles", (*actions.MAKE_IAM, *actions.DESTROY_IAM), _roles(facts)),
        Statement(
            "PassRoles",
            ("iam:PassRole",),
            facts.global_arns("iam", f"role/{cluster}-*"),
            {"StringEquals": {"iam:PassedToService": pass_to}},
        ),
        Statement(
            "MakeLinkedRoles",
            ("iam:CreateServiceLinkedRole",),
            facts.global_arns("iam", "role/aws-service-role/*"),
            {"StringEquals": {"iam:AWSServiceName": linked}},
        ),
        Statement("MakeBuckets", (*actions.MAKE_BUCKETS, *actions.DESTROY_BUCKETS), _buckets(facts)),
        Statement("MakeSecrets", (*actions.MAKE_SECRETS, *actions.DESTROY_SECRETS), _secrets(facts)),
        # RDS makes a secret with its master's password in the name of the caller.
        Statement(
            "MakeMastersSecrets",
            ("secretsmanager:CreateSecret", "secretsmanager:TagResource"),
            facts.arns("secretsmanager", "secret:rds!*"),
        ),
        Statement("MakeLogs", (*actions.MAKE_LOGS, "logs:DeleteLogGroup"), _logs(facts)),
        Statement("MakeDatabases", (*actions.MAKE_DATABASES, *actions.DESTROY_DATABASES), _databases(facts)),
        Statement("MakeZones", tuple({*actions.MAKE_ZONES, *actions.DESTROY_ZONES}), ("*",)),
        Statement("MakeKeys", ("kms:CreateKey", "kms:TagResource"), ("*",), _tagged_at_creation(facts)),
        *_keys(facts),
    )


def _delete(facts: StackFacts) -> tuple[Statement, ...]:
    """Destruction by the engine, and `tripod delete`'s own: it asks nodes and sweeps what Kubernetes made."""
    documents = tuple(
        f"arn:{partition(facts.region)}:ssm:{region}::document/AWS-RunShellScript" for region in facts.regions
    )
    tagged: Condition = {"StringEquals": facts.owned}
    interfaces = {"StringEquals": {"aws:ResourceTag/cluster.k8s.amazonaws.com/name": facts.cluster}}
    every = ("loadbalancer/*", "targetgroup/*", "listener/*")
    return (
        Statement("TakeNetworkApart", actions.UNDO_EC2, ("*",), facts.here),
        _destroy_owned(facts),
        Statement("SweepInterfaces", ("ec2:DeleteNetworkInterface",), _ec2(facts), interfaces),
        Statement("DestroyGroups", actions.CHANGE_GROUPS, _groups(facts)),
        Statement("DestroyBalancers", actions.CHANGE_BALANCERS, _balancers(facts)),
        Statement("SweepBalancers", actions.CHANGE_BALANCERS, facts.arns("elasticloadbalancing", *every), tagged),
        Statement("DestroyRoles", actions.DESTROY_IAM, _roles(facts)),
        Statement("DestroyBuckets", actions.DESTROY_BUCKETS, _buckets(facts)),
        Statement("DestroySecrets", actions.DESTROY_SECRETS, _secrets(facts)),
        Statement("DestroyLogs", ("logs:DeleteLogGroup",), _logs(facts)),
        Statement("DestroyDatabases", actions.DESTROY_DATABASES, _databases(facts)),
        Statement("DestroyZones", actions.DESTROY_ZONES, ("*",)),
        Statement("FindResources", ("ssm:DescribeParameters", "tag:GetResources"), ("*",)),
        Statement("ForgetParameters", ("ssm:DeleteParameter",), facts.arns("ssm", f"parameter/{facts.cluster}/*")),
        Statement("AskNodes", ("ssm:SendCommand",), documents),
        Statement(
            "AskOwnNodes",
            ("ssm:SendCommand",),
            facts.arns("ec2", "instance/*"),
            {"StringEquals": {"ssm:resourceTag/cluster": facts.cluster}},
        ),
        Statement("HearNodes", ("ssm:CancelCommand", "ssm:GetCommandInvocation"), ("*",), facts.here),
        *_key_use(facts),
    )


_MORE: Mapping[Purpose, Callable[[StackFacts], tuple[Statement, ...]]] = {
    "preview": lambda _: (),
    "up": _up,
    "delete": _delete,
}


def _destroy_owned(facts: StackFacts) -> Statement:
    return Statement("DestroyOwn", actions.DESTROY_EC2, _ec2(facts), {"StringEquals": facts.owned})


def _keys(facts: StackFacts) -> tuple[Statement, ...]:
    aliases = facts.arns("kms", f"alias/{facts.cluster}-*")
    own: Condition = {"StringEquals": facts.owned}
    return (
        Statement("NameKeys", ("kms:CreateAlias", "kms:DeleteAlias", "kms:UpdateAlias"), aliases),
        Statement("AdministerKeys", actions.ADMINISTER_KEYS, facts.arns("kms", "key/*"), own),
        *_key_use(facts),
    )


def _key_use(facts: StackFacts) -> tuple[Statement, ...]:
    """Use of keys by way of services: each encrypts with the caller's right, or lends it to itself by a grant."""
    by_services = [
        f"{service}.{region}.{dns_suffix(region)}"
        for region in facts.regions
        for service in ("ec2", "rds", "s3", "secretsmanager")
    ]
    via: dict[str, dict[str, str | list[str]]] = {"StringEquals": {"kms:ViaService": by_services}}
    own: Condition = {"StringEquals": {**via["StringEquals"], **facts.owned}}
    lending: Condition = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    keys = facts.arns("kms", "key/*")
    given = facts.given_keys
    return (
        Statement("UseOwnKeys", actions.USE_KEYS, keys, own),
        Statement("LendOwnKeys", ("kms:CreateGrant",), keys, {**own, **lending}),
        *((Statement("UseGivenKeys", actions.USE_KEYS, given, via),) if given else ()),
        *((Statement("LendGivenKeys", ("kms:CreateGrant",), given, {**via, **lending}),) if given else ()),
    )


def _tagged_at_creation(facts: StackFacts) -> Condition:
    return {"StringEquals": {f"aws:RequestTag/{ownership_tag(facts.cluster)}": "owned"}}


def _ec2(facts: StackFacts) -> tuple[str, ...]:
    return facts.arns("ec2", "*/*")


def _groups(facts: StackFacts) -> tuple[str, ...]:
    return facts.arns("autoscaling", f"autoScalingGroup:*:autoScalingGroupName/{facts.cluster}-*")


def _balancers(facts: StackFacts) -> tuple[str, ...]:
    kinds = ("loadbalancer/net", "targetgroup", "listener/net")
    return facts.arns("elasticloadbalancing", *(f"{kind}/{facts.cluster}-*" for kind in kinds))


def _roles(facts: StackFacts) -> tuple[str, ...]:
    named = (f"role/{facts.cluster}-*", f"instance-profile/{facts.cluster}-*")
    # A provider is named after the issuer's host, which AWS may choose.
    return facts.global_arns("iam", *named, "oidc-provider/*")


def _buckets(facts: StackFacts) -> tuple[str, ...]:
    return facts.global_arns("s3", f"{facts.cluster}-*")


def _secrets(facts: StackFacts) -> tuple[str, ...]:
    return facts.arns("secretsmanager", f"secret:{facts.cluster}/*")


def _logs(facts: StackFacts) -> tuple[str, ...]:
    return facts.arns("logs", f"log-group:/tripod/{facts.cluster}/*")


def _databases(facts: StackFacts) -> tuple[str, ...]:
    named = (f"{kind}:{facts.cluster}-*" for kind in ("db", "snapshot", "subgrp"))
    return facts.arns("rds", *named, "og:default:*", "pg:default.*")


def _public_parameters(facts: StackFacts) -> tuple[str, ...]:
    return tuple(f"arn:{partition(facts.region)}:ssm:{region}::parameter/aws/service/*" for region in facts.regions)
