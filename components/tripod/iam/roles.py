"""The component InstanceRoles: an IAM role for each role of instances."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import NotRequired

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.iam_documents import Document, instance_trust
from tripod.core.regions import dns_suffix, partition
from tripod.core.spec import Spec
from tripod.iam.cloud_controller_policies import cloud_controller_policy
from tripod.iam.instance_policies import (
    CONTROL_PLANE_SECRETS,
    ETCD_SECRETS,
    IMAGES,
    PolicyInputs,
    control_plane_policy,
    etcd_policy,
    image_policy,
    workers_policy,
)
from tripod.iam.secret_policies import secret_policy
from tripod.pki.secret_names import SecretName


class InstanceRolesArgs(OwnedArgs):
    """Arguments of InstanceRoles."""

    region: str
    """The region; it is part of the roles' names, which are unique in the account."""
    account_id: pulumi.Input[str]
    """The account."""
    incarnation: pulumi.Input[str]
    """The cluster incarnation."""
    payload_bucket_arn: pulumi.Input[str]
    """The bucket that nodes boot from."""
    snapshot_bucket_arn: pulumi.Input[str]
    """The snapshots' bucket."""
    storage_key_arn: pulumi.Input[str]
    """The key of volumes and buckets."""
    secrets_key_arn: pulumi.Input[str]
    """The key of secrets and parameters."""
    secret_arns: pulumi.Input[dict[str, str]]
    """Purpose → ARN of each secret: CertificateAuthorities' output."""
    issuer_provider_arn: pulumi.Input[str]
    """The ARN of IAM's provider of service accounts; no pod may use the secrets."""
    accepted_providers: NotRequired[pulumi.Input[dict[str, str]]]
    """Further issuers, while the issuer changes: URL → ARN of the provider."""
    ecr_repositories: NotRequired[list[str]]
    """Repositories of ECR that nodes may pull from; by default none."""


class InstanceRoles(pulumi.ComponentResource):
    """IAM roles of etcd members, control-plane nodes and workers, each limited to the calls of its boot agent.

    Only control-plane nodes also have the permissions of AWS' cloud controller. Each secret has a policy that denies
    it to the roles that do not need it.
    """

    etcd_profile: pulumi.Output[str]
    """The members' instance profile."""
    control_plane_profile: pulumi.Output[str]
    """The control-plane nodes' instance profile."""
    workers_profile: pulumi.Output[str]
    """The workers' instance profile."""

    def __init__(self, name: str, args: InstanceRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec_of(Spec, args, InstanceRolesArgs)
        super().__init__("tripod:index:InstanceRoles", name, recorded_inputs(args), opts)
        children = ChildFactory.of(name, self, args)
        region = args["region"]
        inputs = _policy_inputs(children.cluster, region, args)
        self.etcd_profile, etcd = _make_role(children, region, "etcd", inputs, etcd_policy)
        self.control_plane_profile, control_plane = _make_role(
            children, region, "control-plane", inputs, control_plane_policy
        )
        self.workers_profile, workers = _make_role(children, region, "workers", inputs, workers_policy)
        _protect_secrets(children, args, {etcd: ETCD_SECRETS, control_plane: CONTROL_PLANE_SECRETS, workers: ()})
        aws.iam.RolePolicy(
            children.logical_name("control-plane", "cloud-controller"),
            name="cloud-controller",
            role=control_plane.id,
            policy=inputs.apply(
                lambda known: json.dumps(
                    cloud_controller_policy(known.partition, known.region, known.account_id, known.cluster)
                )
            ),
            opts=children.opts(),
        )
        repositories = args.get("ecr_repositories", [])
        for kind, role in (("control-plane", control_plane), ("workers", workers)) if repositories else ():
            _allow_images(children, kind, role, inputs, repositories)
        self.register_outputs(annotated_outputs(self))


def _allow_images(
    children: ChildFactory,
    kind: str,
    role: aws.iam.Role,
    inputs: pulumi.Output[PolicyInputs],
    repositories: Sequence[str],
) -> None:
    aws.iam.RolePolicy(
        children.logical_name(kind, IMAGES),
        name=IMAGES,
        role=role.id,
        policy=inputs.apply(lambda known: json.dumps(image_policy(known, repositories))),
        opts=children.opts(),
    )


def _protect_secrets(
    children: ChildFactory, args: InstanceRolesArgs, needs: Mapping[aws.iam.Role, Sequence[SecretName]]
) -> None:
    arns = pulumi.Output.from_input(args["secret_arns"])
    issuers = pulumi.Output.all(args["issuer_provider_arn"], args.get("accepted_providers") or {}).apply(
        lambda known: [known[0], *known[1].values()]
    )
    for purpose in SecretName:
        others = [role.arn for role, needed in needs.items() if purpose not in needed]
        aws.secretsmanager.SecretPolicy(
            children.logical_name(purpose, "secret-policy"),
            secret_arn=arns[purpose],
            policy=pulumi.Output.all(args["account_id"], issuers, *others).apply(
                lambda known: json.dumps(secret_policy(known[0], known[1], known[2:]))
            ),
            block_public_policy=True,
            opts=children.opts(),
        )


def _policy_inputs(cluster: str, region: str, args: InstanceRolesArgs) -> pulumi.Output[PolicyInputs]:
    known = pulumi.Output.all(
        account_id=args["account_id"],
        incarnation=args["incarnation"],
        payload_bucket_arn=args["payload_bucket_arn"],
        snapshot_bucket_arn=args["snapshot_bucket_arn"],
        storage_key_arn=args["storage_key_arn"],
        secrets_key_arn=args["secrets_key_arn"],
        secret_arns=args["secret_arns"],
    )
    return known.apply(
        lambda values: PolicyInputs(partition=partition(region), region=region, cluster=cluster, **values)
    )


def _make_role(
    children: ChildFactory,
    region: str,
    kind: str,
    inputs: pulumi.Output[PolicyInputs],
    policy: Callable[[PolicyInputs], Document],
) -> tuple[pulumi.Output[str], aws.iam.Role]:
    role = aws.iam.Role(
        children.logical_name(kind),
        name=children.physical_name(region, kind, limit=64),
        assume_role_policy=json.dumps(instance_trust(dns_suffix(region))),
        tags=children.tags(kind, role=kind),
        opts=children.opts(),
    )
    permissions = aws.iam.RolePolicy(
        children.logical_name(kind, "boot"),
        name="boot",
        role=role.id,
        policy=inputs.apply(lambda known: json.dumps(policy(known))),
        opts=children.opts(),
    )
    profile = aws.iam.InstanceProfile(
        children.logical_name(kind, "profile"),
        name=children.physical_name(region, kind, limit=128),
        role=role.name,
        tags=children.tags(kind, role=kind),
        # An instance that starts before its permissions exist would fail its first calls.
        opts=children.opts(depends_on=[permissions]),
    )
    return profile.name, role
