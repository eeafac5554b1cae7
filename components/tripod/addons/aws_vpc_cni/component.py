"""The add-on AwsVpcCni: pods with addresses of the VPC, and network policies."""

import pulumi

from tripod.addons.aws_vpc_cni.policy_controller import policy_controller
from tripod.addons.aws_vpc_cni.spec import AwsVpcCniSpec
from tripod.addons.aws_vpc_cni.values import NAMESPACE, SERVICE_ACCOUNT, aws_vpc_cni_values
from tripod.addons.framework.add_on import AddOn, AddOnArgs
from tripod.addons.framework.charts import Chart
from tripod.core.component import annotated_outputs, spec_of
from tripod.core.spec_types import AwsVpcCniSettings
from tripod.iam.vpc_cni_policies import vpc_cni_policy

CHART = Chart("aws-vpc-cni", "1.22.4", "https://aws.github.io/eks-charts")


class AwsVpcCniArgs(AddOnArgs, AwsVpcCniSettings):
    """Arguments of AwsVpcCni."""


class AwsVpcCni(AddOn):
    """The AWS VPC CNI with its agent and controller of network policies. It depends on kube-proxy.

    Raises:
        ConfigurationError: the arguments are invalid; no resource was created.
    """

    def __init__(self, name: str, args: AwsVpcCniArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(AwsVpcCniSpec, args, AwsVpcCniArgs)
        super().__init__("AwsVpcCni", name, args, spec, opts)
        cluster = self.cluster
        role = self.role(NAMESPACE, SERVICE_ACCOUNT, self.policy(vpc_cni_policy, vpc_id=cluster.vpc_id))
        server = pulumi.Output.concat("https://", cluster.api_endpoint)
        values = aws_vpc_cni_values(cluster, spec.prefixes, role, server)
        self.release(CHART, NAMESPACE, values, spec, network_plugin=True)
        # Neither waits for the other. The controller makes the definitions that the plugin's agents watch (amazon-
        # network-policy-controller-k8s 1.1.7, pkg/crd/crd_manager.go; the chart has none of them), and has a network as
        # soon as its own node has the plugin. After the release would be too late: an agent without them ends in two
        # minutes (controller-runtime 0.24.1, CacheSyncTimeout), and the release waits for the pods of all nodes.
        self.declare(*policy_controller(cluster))
        self.register_outputs(annotated_outputs(self))
