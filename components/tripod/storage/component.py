"""The component ClusterStorage: the bucket that nodes boot from, and the bucket of etcd's snapshots."""

from typing import NotRequired

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.spec import Spec
from tripod.storage.buckets import make_private_bucket
from tripod.storage.layout import LATEST_SNAPSHOT, SNAPSHOT_PREFIX


class ClusterStorageArgs(OwnedArgs):
    """Arguments of ClusterStorage."""

    incarnation: pulumi.Input[str]
    """Which life of the cluster this is: bucket names are the world's, and the snapshots outlive the cluster."""
    key_arn: pulumi.Input[str]
    """The KMS key of both buckets."""
    retention_days: NotRequired[int]
    """Days that a snapshot is kept. Default: 30."""
    protect: NotRequired[bool]
    """Whether the engine refuses to delete the snapshots' bucket. Default: true."""


class ClusterStorage(pulumi.ComponentResource):
    """Two private buckets. The snapshots' stays behind a destroy; the payloads' goes, with what is in it."""

    payload_bucket: pulumi.Output[str]
    """The name of the bucket that nodes boot from."""
    payload_bucket_arn: pulumi.Output[str]
    """Its ARN."""
    snapshot_bucket: pulumi.Output[str]
    """The name of the snapshots' bucket."""
    snapshot_bucket_arn: pulumi.Output[str]
    """Its ARN."""

    def __init__(self, name: str, args: ClusterStorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec_of(Spec, args, ClusterStorageArgs)
        super().__init__("tripod:index:ClusterStorage", name, recorded_inputs(args), opts)
        scope = ChildFactory.of(name, self, args)
        incarnation = pulumi.Output.from_input(args["incarnation"])
        payload = make_private_bucket(
            scope,
            "payload",
            incarnation.apply(lambda life: f"{scope.cluster}-{life}-payload"),
            args["key_arn"],
            scope.tags("payload", role="payload"),
            scope.opts(),
            force_destroy=True,
        )
        keep = scope.retained_opts(args.get("protect", True))
        snapshots = make_private_bucket(
            scope,
            "snapshots",
            incarnation.apply(lambda life: f"{scope.cluster}-{life}-snapshots"),
            args["key_arn"],
            scope.tags("snapshots", role="snapshots"),
            keep,
        )
        _expire_snapshots(scope, snapshots, int(args.get("retention_days", 30)), keep)
        self.payload_bucket = payload.bucket
        self.payload_bucket_arn = payload.arn
        self.snapshot_bucket = snapshots.bucket
        self.snapshot_bucket_arn = snapshots.arn
        self.register_outputs(annotated_outputs(self))


def _expire_snapshots(scope: ChildFactory, snapshots: aws.s3.Bucket, days: int, keep: pulumi.ResourceOptions) -> None:
    aws.s3.BucketLifecycleConfiguration(
        scope.child("snapshots", "retention"),
        bucket=snapshots.id,
        rules=[
            {
                "id": "retention",
                "status": "Enabled",
                "filter": {"prefix": SNAPSHOT_PREFIX},
                "expiration": {"days": days},
                "noncurrent_version_expiration": {"noncurrent_days": days},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
            },
            {
                # Its older versions are the snapshots themselves.
                "id": "latest",
                "status": "Enabled",
                "filter": {"prefix": LATEST_SNAPSHOT},
                "noncurrent_version_expiration": {"noncurrent_days": 1},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
            },
        ],
        opts=keep,
    )
