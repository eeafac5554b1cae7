"""The component InstanceRoles: a role for each kind of instance."""

import json
from collections.abc import Callable

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.iam_documents import Document, instance_trust
from tripod.core.regions import dns_suffix, partition
from tripod.core.spec import Spec
from tripod.iam.cloud_controller_policies import cloud_controller_policy
from tripod.iam.instance_policies import ClusterFacts, control_plane_policy, etcd_policy, workers_policy


class InstanceRolesArgs(OwnedArgs):
    """Arguments of InstanceRoles."""

    region: str
    """The region; it is part of the roles' names, which are the account's."""
    account_id: pulumi.Input[str]
    """The account."""
    incarnation: pulumi.Input[str]
    """Which life of the cluster this is."""
    payload_bucket_arn: pulumi.Input[str]
    """The bucket that nodes boot from."""
    snapshot_bucket_arn: pulumi.Input[str]
    """The snapshots' bucket."""
    storage_key_arn: pulumi.Input[str]
    """The key of volumes and buckets."""
    secrets_key_arn: pulumi.Input[str]
    """The key of secrets and parameters."""
    secret_arns: pulumi.Input[dict[str, str]]
    """Purpose → ARN of each secret, as CertificateAuthorities gives them."""


class InstanceRoles(pulumi.ComponentResource):
    """Roles of etcd members, control-plane nodes and workers, each with the calls that its boot agent makes.

    Control-plane nodes have AWS' cloud controller's rights besides; no other instance has.
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
        scope = ChildFactory.of(name, self, args)
        region = args["region"]
        facts = _facts(scope.cluster, region, args)
        self.etcd_profile, _ = _make_role(scope, region, "etcd", facts, etcd_policy)
        self.control_plane_profile, control_plane = _make_role(
            scope, region, "control-plane", facts, control_plane_policy
        )
        self.workers_profile, _ = _make_role(scope, region, "workers", facts, workers_policy)
        aws.iam.RolePolicy(
            scope.child("control-plane", "cloud-controller"),
            name="cloud-controller",
            role=control_plane.id,
            policy=facts.apply(
                lambda known: json.dumps(
                    cloud_controller_policy(known.partition, known.region, known.account_id, known.cluster)
                )
            ),
            opts=scope.opts(),
        )
        self.register_outputs(annotated_outputs(self))


def _facts(cluster: str, region: str, args: InstanceRolesArgs) -> pulumi.Output[ClusterFacts]:
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
        lambda values: ClusterFacts(partition=partition(region), region=region, cluster=cluster, **values)
    )


def _make_role(
    scope: ChildFactory,
    region: str,
    kind: str,
    facts: pulumi.Output[ClusterFacts],
    policy: Callable[[ClusterFacts], Document],
) -> tuple[pulumi.Output[str], aws.iam.Role]:
    role = aws.iam.Role(
        scope.child(kind),
        name=scope.physical(region, kind, limit=64),
        assume_role_policy=json.dumps(instance_trust(dns_suffix(region))),
        tags=scope.tags(kind, role=kind),
        opts=scope.opts(),
    )
    rights = aws.iam.RolePolicy(
        scope.child(kind, "boot"),
        name="boot",
        role=role.id,
        policy=facts.apply(lambda known: json.dumps(policy(known))),
        opts=scope.opts(),
    )
    profile = aws.iam.InstanceProfile(
        scope.child(kind, "profile"),
        name=scope.physical(region, kind, limit=128),
        role=role.name,
        tags=scope.tags(kind, role=kind),
        # An instance that starts before its rights exist would fail its first calls.
        opts=scope.opts(depends_on=[rights]),
    )
    return profile.name, role
