"""A role in AWS for a service account of a cluster."""

import pulumi

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.iam.service_account import ServiceAccountRole


def account_role(
    parent: pulumi.ComponentResource,
    name: str,
    cluster: ClusterFacts,
    account: tuple[str, str],
    policy: pulumi.Input[str],
) -> pulumi.Output[str]:
    """A role that one service account can assume; its ARN.

    Args:
        parent: the component that it belongs to.
        name: its logical name.
        cluster: facts of the cluster, whose issuer vouches for the account.
        account: the service account's namespace and name.
        policy: what it may do (JSON).
    """
    namespace, service_account = account
    role = ServiceAccountRole(
        name,
        {
            "cluster_name": cluster.cluster_name,
            "tags": dict(cluster.tags),
            "region": cluster.region,
            "provider_arn": cluster.issuer_provider_arn,
            "issuer_url": cluster.issuer_url,
            "namespace": namespace,
            "service_account": service_account,
            "policy": policy,
        },
        pulumi.ResourceOptions(parent=parent),
    )
    return role.role_arn
