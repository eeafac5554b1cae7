"""The component ClusterStorage: the payload bucket and the etcd snapshot bucket."""

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
    """The cluster incarnation, part of the bucket names: they are globally unique, and snapshots are retained."""
    key_arn: pulumi.Input[str]
    """The KMS key of both buckets."""
    retention_days: NotRequired[int]
    """Days to keep a snapshot. Default: 30."""
    protect: NotRequired[bool]
    """If true, the engine refuses to delete the snapshot bucket. Default: true."""


class ClusterStorage(pulumi.ComponentResource):
    """Two private buckets. A destroy retains the snapshot bucket and deletes the payload bucket with its objects."""

    payload_bucket: pulumi.Output[str]
    """The name of the bucket that nodes boot from."""
    payload_bucket_arn: pulumi.Output[str]
    """Its ARN."""
    snapshot_bucket: pulumi.Output[str]
    """The name of the snapshot bucket."""
    snapshot_bucket_arn: pulumi.Output[str]
    """Its ARN."""

    def __init__(self, name: str, args: ClusterStorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec_of(Spec, args, ClusterStorageArgs)
        super().__init__("tripod:index:ClusterStorage", name, recorded_inputs(args), opts)
        children = ChildFactory.of(name, self, args)
        incarnation = pulumi.Output.from_input(args["incarnation"])
        payload = make_private_bucket(
            children,
            "payload",
            incarnation.apply(lambda id_: f"{children.cluster}-{id_}-payload"),
            args["key_arn"],
            children.tags("payload", role="payload"),
            children.opts(),
            force_destroy=True,
        )
        retained = children.retained_opts(args.get("protect", True))
        snapshots = make_private_bucket(
            children,
            "snapshots",
            incarnation.apply(lambda id_: f"{children.cluster}-{id_}-snapshots"),
            args["key_arn"],
            children.tags("snapshots", role="snapshots"),
            retained,
        )
        _expire_snapshots(children, snapshots, int(args.get("retention_days", 30)), retained)
        self.payload_bucket = payload.bucket
        self.payload_bucket_arn = payload.arn
        self.snapshot_bucket = snapshots.bucket
        self.snapshot_bucket_arn = snapshots.arn
        self.register_outputs(annotated_outputs(self))


def _expire_snapshots(
    children: ChildFactory, snapshots: aws.s3.Bucket, days: int, retained: pulumi.ResourceOptions
) -> None:
    aws.s3.BucketLifecycleConfiguration(
        children.logical_name("snapshots", "retention"),
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
                # Its older versions exist as snapshots already.
                "id": "latest",
                "status": "Enabled",
                "filter": {"prefix": LATEST_SNAPSHOT},
                "noncurrent_version_expiration": {"noncurrent_days": 1},
                "abort_incomplete_multipart_upload": {"days_after_initiation": 1},
            },
        ],
        opts=retained,
    )
