"""IAM policies for people and pipelines that preview, bring up, and delete a stack.

Whoever may make a role with any policy has all rights of the account in the end: give `up` to few.
"""

import json
from collections.abc import Callable, Mapping
from typing import Literal

from tripod.core.iam_documents import Condition, Document, Statement, policy_document
from tripod.core.regions import dns_suffix, partition
from tripod.stack import rights_actions as actions
from tripod.stack.rights_facts import StackFacts

Purpose = Literal["preview", "up", "delete"]

LINKED_ROLES = ("autoscaling", "elasticloadbalancing", "rds", "spot")
"""Services whose service-linked role AWS makes at their first use in an account, in the name of the caller."""

MANAGED_POLICY_SIZE = 6144
"""Characters of a managed policy at most, of which a role takes ten (IAM User Guide, IAM and STS quotas)."""

_PORT_FORWARDING = "AWS-StartPortForwardingSession"


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
        Statement("ReadRoles", actions.READ_IAM, (*facts.roles, *facts.identity_providers)),
        Statement("ReadBuckets", actions.READ_BUCKETS, facts.buckets),
        Statement("ReadSecretsPolicies", actions.READ_SECRETS, facts.secrets),
        Statement("ReadPublicImages", ("ssm:GetParameter", "ssm:GetParameters"), facts.public_parameters),
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
        Statement("MakeGroups", (*actions.MAKE_GROUPS, *actions.CHANGE_GROUPS), facts.groups),
        Statement("MakeBalancers", (*actions.MAKE_BALANCERS, *actions.CHANGE_BALANCERS), facts.balancers),
        Statement("MakeRoles", (*actions.MAKE_IAM, *actions.DESTROY_IAM), facts.roles),
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
        Statement("MakeBuckets", (*actions.MAKE_BUCKETS, *actions.DESTROY_BUCKETS), facts.buckets),
        *_issuer(facts),
        Statement("MakeSecrets", (*actions.MAKE_SECRETS, *actions.DESTROY_SECRETS), facts.secrets),
        # RDS makes a secret with its master's password in the name of the caller.
        Statement(
            "MakeMastersSecrets",
            ("secretsmanager:CreateSecret", "secretsmanager:TagResource"),
            facts.arns("secretsmanager", "secret:rds!*"),
        ),
        Statement("MakeLogs", (*actions.MAKE_LOGS, "logs:DeleteLogGroup"), facts.logs),
        Statement("MakeDatabases", (*actions.MAKE_DATABASES, *actions.DESTROY_DATABASES), facts.databases),
        Statement("MakeZones", tuple({*actions.MAKE_ZONES, *actions.DESTROY_ZONES}), ("*",)),
        Statement("MakeKeys", ("kms:CreateKey", "kms:TagResource"), ("*",), facts.tagged_at_creation),
        *_keys(facts),
    )


def _issuer(facts: StackFacts) -> tuple[Statement, ...]:
    """The issuer's publication, and its identity provider."""
    return (
        Statement(
            "MakeIdentityProviders", actions.MAKE_IDENTITY_PROVIDERS, facts.identity_providers, facts.tagged_at_creation
        ),
        Statement(
            "ChangeIdentityProviders",
            (*actions.CHANGE_IDENTITY_PROVIDERS, *actions.DESTROY_IDENTITY_PROVIDERS),
            facts.identity_providers,
            {"StringEquals": facts.owned},
        ),
        Statement("PublishIssuer", actions.MAKE_DISTRIBUTIONS, (*facts.distributions, *facts.origin_accesses)),
        Statement(
            "ChangePublication",
            (*actions.CHANGE_DISTRIBUTIONS, *actions.DESTROY_DISTRIBUTIONS),
            facts.distributions,
            {"StringEquals": facts.owned},
        ),
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
        Statement("SweepInterfaces", ("ec2:DeleteNetworkInterface",), facts.ec2, interfaces),
        Statement("DestroyGroups", actions.CHANGE_GROUPS, facts.groups),
        Statement("DestroyBalancers", actions.CHANGE_BALANCERS, facts.balancers),
        Statement("SweepBalancers", actions.CHANGE_BALANCERS, facts.arns("elasticloadbalancing", *every), tagged),
        Statement("DestroyRoles", actions.DESTROY_IAM, facts.roles),
        Statement("DestroyIdentityProviders", actions.DESTROY_IDENTITY_PROVIDERS, facts.identity_providers, tagged),
        Statement("DestroyBuckets", actions.DESTROY_BUCKETS, facts.buckets),
        Statement("DestroyDistributions", actions.DESTROY_DISTRIBUTIONS, facts.distributions, tagged),
        Statement("DestroyOriginAccess", ("cloudfront:DeleteOriginAccessControl",), facts.origin_accesses),
        Statement("DestroySecrets", actions.DESTROY_SECRETS, facts.secrets),
        Statement("DestroyLogs", ("logs:DeleteLogGroup",), facts.logs),
        Statement("DestroyDatabases", actions.DESTROY_DATABASES, facts.databases),
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
    return Statement("DestroyOwn", actions.DESTROY_EC2, facts.ec2, {"StringEquals": facts.owned})


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
