"""The job that checks the age of the newest backup of etcd in the bucket."""

import pulumi

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import (
    aws_environment,
    aws_mount,
    aws_volume,
    labels,
    metadata,
    non_root,
    resources,
    service_account,
    unprivileged,
)
from tripod.addons.metrics.network_policies import aws_policy
from tripod.addons.telemetry.jobs import BACKUP_CHECK, BACKUP_CHECK_MINUTES, NAMESPACE
from tripod.core.iam_documents import Document, Statement, policy_document
from tripod.storage.layout import LATEST_SNAPSHOT

PART_OF = "metrics"
IMAGE = "public.ecr.aws/aws-cli/aws-cli:2.35.5"

_SCRIPT = """\
set -eu
newest=$(aws s3api list-objects-v2 --bucket "$BUCKET" --prefix "$KEY" --query 'Contents[0].LastModified' --output text)
if [ "$newest" = None ]; then echo "there is no backup: s3://$BUCKET/$KEY"; exit 1; fi
age=$(( $(date +%s) - $(date -d "$newest" +%s) ))
echo "the newest backup is $age seconds old"
test "$age" -le "$LIMIT"
"""


def backup_policy(partition: str, bucket: str, **cluster: str) -> Document:
    """IAM policy of the check: list one object, and read none."""
    del cluster  # region, account and name, which AddOn.policy passes to every policy
    newest_only = {"StringEquals": {"s3:prefix": LATEST_SNAPSHOT}}
    return policy_document(Statement("SeeNewest", ("s3:ListBucket",), (f"arn:{partition}:s3:::{bucket}",), newest_only))


def backup_check(cluster: ClusterFacts, hours: int, role_arn: pulumi.Input[str]) -> list[Manifest]:
    """All objects of the backup check.

    Args:
        cluster: facts of the cluster.
        hours: maximum age of the newest backup.
        role_arn: its role in AWS.
    """
    job = {
        "backoffLimit": 2,
        "activeDeadlineSeconds": 300,
        "template": {
            "metadata": {"labels": labels(BACKUP_CHECK, PART_OF)},
            "spec": _pod(cluster, str(hours * 3600), role_arn),
        },
    }
    return [
        service_account(BACKUP_CHECK, NAMESPACE, PART_OF),
        aws_policy(),
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": metadata(BACKUP_CHECK, NAMESPACE, PART_OF),
            "spec": {
                "schedule": f"*/{BACKUP_CHECK_MINUTES} * * * *",
                "concurrencyPolicy": "Replace",
                "successfulJobsHistoryLimit": 1,
                "failedJobsHistoryLimit": 2,
                "jobTemplate": {"spec": job},
            },
        },
    ]


def _pod(cluster: ClusterFacts, limit: str, role_arn: pulumi.Input[str]) -> JsonObject:
    container = {
        "name": "check",
        "image": cluster.image(IMAGE),
        "command": ["/bin/sh", "-c", _SCRIPT],
        "env": [
            {"name": "BUCKET", "value": cluster.snapshot_bucket},
            {"name": "KEY", "value": LATEST_SNAPSHOT},
            {"name": "LIMIT", "value": limit},
            # It writes a cache at home otherwise, which is read-only.
            {"name": "HOME", "value": "/tmp"},  # noqa: S108
            *aws_environment(role_arn, cluster.region),
        ],
        "resources": resources("50m", "128Mi", "256Mi"),
        "securityContext": unprivileged(),
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}, aws_mount()],  # noqa: S108
    }
    return {
        "serviceAccountName": BACKUP_CHECK,
        "automountServiceAccountToken": False,
        "restartPolicy": "Never",
        "securityContext": non_root(),
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {"sizeLimit": "16Mi"}}, aws_volume()],
    }
