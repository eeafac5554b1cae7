"""The IAM policy of the AWS VPC CNI: network interfaces and pod addresses for the nodes of its own cluster.

The plugin's docs/iam-policy.md (aws/amazon-vpc-cni-k8s) has a policy limited to a cluster; this one is narrower: it
excludes the interfaces of etcd members, which have the cluster's tag too.
"""

from tripod.core.iam_documents import Document, Statement, policy_document
from tripod.core.naming import ROLE_TAG

INTERFACE_TAG = "cluster.k8s.amazonaws.com/name"
"""The tag of every interface that the plugin creates, if it is configured with its cluster's name."""

_READS = (
    "ec2:DescribeInstanceTypes",
    "ec2:DescribeInstances",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeSubnets",
    "ec2:DescribeTags",
)
_CHANGES = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:AttachNetworkInterface",
    "ec2:CreateTags",
    "ec2:DeleteNetworkInterface",
    "ec2:DetachNetworkInterface",
    "ec2:ModifyNetworkInterfaceAttribute",
    "ec2:UnassignPrivateIpAddresses",
)
_NODES = ["control-plane", "workers"]


def vpc_cni_policy(partition: str, region: str, account_id: str, cluster: str, vpc_id: str) -> Document:
    """Build the plugin's policy.

    Args:
        partition: aws, aws-cn or aws-us-gov.
        region: the region.
        account_id: the account.
        cluster: the cluster's name.
        vpc_id: its VPC.
    """

    def arns(*kinds: str) -> tuple[str, ...]:
        return tuple(f"arn:{partition}:ec2:{region}:{account_id}:{kind}/*" for kind in kinds)

    interfaces = arns("network-interface")
    in_vpc = {"ArnEquals": {"ec2:Vpc": f"{arns('vpc')[0][:-1]}{vpc_id}"}}
    own = {"StringEquals": {f"aws:ResourceTag/{INTERFACE_TAG}": cluster}}
    of_nodes = {"StringEquals": {"aws:ResourceTag/cluster": cluster, f"aws:ResourceTag/{ROLE_TAG}": _NODES}}
    return policy_document(
        Statement("Look", _READS, ("*",)),
        Statement(
            "MakeInterfaces",
            ("ec2:CreateNetworkInterface",),
            interfaces,
            {"StringEquals": {f"aws:RequestTag/{INTERFACE_TAG}": cluster}},
        ),
        Statement("MakeInterfacesInVpc", ("ec2:CreateNetworkInterface",), arns("subnet", "security-group"), in_vpc),
        Statement(
            "TagNewInterfaces",
            ("ec2:CreateTags",),
            interfaces,
            {"StringEquals": {"ec2:CreateAction": "CreateNetworkInterface"}},
        ),
        # A node's first interface was created with the node: the plugin tags it before it uses it.
        Statement("TagInterfacesOfNodes", ("ec2:CreateTags",), interfaces, of_nodes),
        Statement("KeepOwnInterfaces", _CHANGES, interfaces, own),
        Statement(
            "AttachToNodes",
            ("ec2:AttachNetworkInterface", "ec2:DetachNetworkInterface", "ec2:ModifyNetworkInterfaceAttribute"),
            arns("instance"),
            of_nodes,
        ),
        Statement("GroupsOfInterfaces", ("ec2:ModifyNetworkInterfaceAttribute",), arns("security-group"), in_vpc),
    )
