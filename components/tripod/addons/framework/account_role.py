"""IAM role of a service account (IRSA)."""

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
    """Declare a role that one service account can assume, and return its ARN.

    Args:
        parent: its parent component.
        name: its logical name.
        cluster: facts of the cluster, with the issuer of its tokens.
        account: the service account's namespace and name.
        policy: its policy document (JSON).
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
            "accepted_providers": cluster.accepted_providers,
            "namespace": namespace,
            "service_account": service_account,
            "policy": policy,
        },
        pulumi.ResourceOptions(parent=parent),
    )
    return role.role_arn
