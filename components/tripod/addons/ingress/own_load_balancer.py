"""The load balancer that the cloud controller makes for the ingress, found in AWS by its tags."""

from collections.abc import Callable

import pulumi
import pulumi_aws as aws

from tripod.addons.ingress.constants import IngressKind, load_balancer_tags

Read = Callable[[aws.lb.GetLoadBalancerResult], str | None]


def own_load_balancer(
    cluster: str, kind: IngressKind, ingress: pulumi.Resource
) -> tuple[pulumi.Output[str | None], pulumi.Output[str | None]]:
    """The DNS name and the hosted zone of the ingress' load balancer; None while it does not exist.

    A release of ingress-nginx is done once its Service has a load balancer (helm, pkg/kube/ready.go, serviceReady). A
    Gateway's is made afterwards: the first update does not find it, the next one does.

    Args:
        cluster: the cluster's name.
        kind: the kind of the ingress.
        ingress: the ingress, which it is looked up after. In a preview that creates it the outputs are unknown.
    """
    options = pulumi.InvokeOutputOptions(parent=ingress, depends_on=[ingress])
    found = aws.lb.get_lbs_output(tags=load_balancer_tags(cluster, kind), opts=options).arns

    def read(attribute: Read) -> pulumi.Output[str | None]:
        def first(arns: list[str] | None) -> pulumi.Output[str | None]:
            if not arns:
                return pulumi.Output.from_input(None)
            return aws.lb.get_load_balancer_output(arn=arns[0], opts=options).apply(attribute)

        return found.apply(first)

    return read(lambda balancer: balancer.dns_name), read(lambda balancer: balancer.zone_id)
