"""The first public key of an instance, agreed on by approvers of several nodes and recorded in a tag of the instance.

``ec2:CreateTags`` overwrites, has no condition on the value that is there, and ``ec2:DescribeInstances`` may show it
late (EC2's API reference, "Eventual consistency"): reading the tag back tells no approver that another has not written
it too. Hence two records. A ConfigMap of the instance's decides: API servers create one of a name, and refuse the
second. It belongs to the request it was made for, so it is collected with it, an hour after its approval
(approvedExpiration of pkg/controller/certificates/cleaner). The tag, by then visible to all, lasts as long as the
instance, through a restore of etcd too. It is written before the approval: each approver writes the ConfigMap's key,
so writing it twice does no harm, and after any interruption the next round goes on here.
"""

from ..aws.client import AwsClient
from ..core.errors import RetryableError
from ..core.typed_json import JsonObject
from ..node.kubectl import ApiError, Kubectl
from .csr_policy import KEY_TAG

NAMESPACE = "kube-system"


def claim_first_key(kubectl: Kubectl, node: str, key: str, request: JsonObject) -> str:
    """Make a key the first one of an instance, unless another one is.

    Args:
        kubectl: the API, as an administrator.
        node: the instance.
        key: fingerprint of the key.
        request: the CertificateSigningRequest, to which the ConfigMap belongs.

    Returns:
        The fingerprint of its first key.

    Raises:
        ApiError: the API refuses.
        RetryableError: it does not answer, or the ConfigMap was collected meanwhile.
    """
    name = f"first-key-{node}"
    owner = {name: request["metadata"][name] for name in ("name", "uid")}
    kind = {"apiVersion": "certificates.k8s.io/v1", "kind": "CertificateSigningRequest"}
    metadata = {"name": name, "namespace": NAMESPACE, "ownerReferences": [{**kind, **owner}]}
    try:
        kubectl.create(
            {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"key": key}, "immutable": True}
        )
    except ApiError as error:
        if error.reason != "AlreadyExists":
            raise
        found = kubectl.find("configmap", name, NAMESPACE)
        if found is None:
            raise RetryableError(f"the ConfigMap {name} was there and is gone") from error
        return found["data"]["key"]
    return key


def record_first_key(aws: AwsClient, node: str, key: str) -> None:
    """Write the first key of an instance to its tag.

    Raises:
        MissingError: EC2 does not know the instance, or not yet.
        AgentError: it is refused, or did not succeed in time.
    """
    aws.call("ec2", "create_tags", Resources=[node], Tags=[{"Key": KEY_TAG, "Value": key}])
