"""The add-ons of the cluster."""

import os
from pathlib import Path

import pulumi

from tripod import AddOns, Cluster
from tripod.stack.arguments import add_ons_args
from tripod.stack.spec import StackSpec


def stand_in() -> str | None:
    """The kubeconfig's file of a cluster that stands for the stack's: empty for none, None for the stack's own."""
    return os.environ.get("TRIPOD_KUBECONFIG")


def install_add_ons(spec: StackSpec, cluster: Cluster) -> AddOns | None:
    """Install the add-ons, once the cluster's API answers. Your own add-ons go here too."""
    other = stand_in()
    if other == "":
        # `tripod up local` emulates AWS, and was given no cluster to install add-ons in.
        return None
    kubeconfig, facts = cluster.kubeconfig, cluster.facts()
    if other:
        # It has other nodes, and needs no tunnel.
        kubeconfig = pulumi.Output.secret(Path(other).read_text())
        facts = facts.model_copy(update={"control_plane_nodes": 0, "tunnel_port": 0})
    args = add_ons_args(spec, kubeconfig=kubeconfig, cluster=facts)
    return AddOns("add-ons", args, pulumi.ResourceOptions(depends_on=[cluster]))


def ingress_load_balancer(add_ons: AddOns | None) -> pulumi.Output[dict[str, str]]:
    """The ingress' load balancer: dnsName and hostedZoneId, as the side of a cut-over takes them; empty for none."""
    if add_ons is None:
        return pulumi.Output.from_input({})
    found = pulumi.Output.all(dnsName=add_ons.ingress_dns_name, hostedZoneId=add_ons.ingress_hosted_zone_id)
    return found.apply(lambda side: {key: value for key, value in side.items() if value})
