"""Values of the AWS VPC CNI's chart."""

import json

import pulumi

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.addons.framework.objects import JsonObject
from tripod.addons.framework.pods import EVERYWHERE, TENTH, aws_environment, aws_mount, aws_volume, resources
from tripod.core.naming import owned_tags

SERVICE_ACCOUNT, NAMESPACE = "aws-node", "kube-system"

_REGISTRY = "public.ecr.aws/eks"
"""The public registry of AWS' images; the chart's own requires a login."""


def aws_vpc_cni_values(
    cluster: ClusterFacts, prefixes: bool, role_arn: pulumi.Input[str], server: pulumi.Input[str]
) -> JsonObject:
    """The chart's values.

    Args:
        cluster: facts of the cluster.
        prefixes: if true, nodes get addresses as /28 prefixes.
        role_arn: the plugin's role; may be unknown.
        server: the API's address, https://…; may be unknown.
    """
    limits = resources("25m", "80Mi", "300Mi")
    return {
        "init": {"image": _image(cluster, "amazon-k8s-cni-init"), "resources": limits},
        "image": _image(cluster, "amazon-k8s-cni"),
        "nodeAgent": {
            "enabled": True,
            "image": _image(cluster, "aws-network-policy-agent"),
            "logLevel": "info",
            "resources": resources("25m", "80Mi", "512Mi"),
        },
        "enableNetworkPolicy": "true",
        "env": {
            # Tags of all interfaces of a node, including the first: without tripod:role.
            "ADDITIONAL_ENI_TAGS": json.dumps(owned_tags(cluster.cluster_name, cluster.tags), sort_keys=True),
            # Outside the VPC a pod is its node: databases of peers let in nodes.
            "AWS_VPC_K8S_CNI_EXTERNALSNAT": "false",
            "AWS_VPC_K8S_CNI_LOGLEVEL": "INFO",
            "AWS_VPC_K8S_PLUGIN_LOG_LEVEL": "INFO",
            "CLUSTER_ENDPOINT": server,
            "CLUSTER_NAME": cluster.cluster_name,
            "DISABLE_INTROSPECTION": "true",
            "ENABLE_PREFIX_DELEGATION": str(prefixes).lower(),
            # Pods stay in the subnets of their nodes.
            "ENABLE_SUBNET_DISCOVERY": "false",
            # A pod is not isolated until its policies are resolved: "strict" would block pods until then.
            "NETWORK_POLICY_ENFORCING_MODE": "standard",
        },
        "extraEnv": aws_environment(role_arn, cluster.region),
        "extraVolumes": [aws_volume()],
        "extraVolumeMounts": [aws_mount()],
        "serviceAccount": {"create": True, "name": SERVICE_ACCOUNT},
        "tolerations": EVERYWHERE,
        "updateStrategy": TENTH,
        "resources": limits,
    }


def _image(cluster: ClusterFacts, name: str) -> dict[str, str]:
    return {"overrideRepository": cluster.image(f"{_REGISTRY}/{name}")}
