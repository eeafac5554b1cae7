"""The add-ons of the cluster."""

import os
from pathlib import Path

import pulumi

from tripod import AddOns, Cluster
from tripod.stack.arguments import add_ons_args
from tripod.stack.spec import StackSpec


def install_add_ons(spec: StackSpec, cluster: Cluster) -> AddOns | None:
    """Install the add-ons, once the cluster's API answers. Your own add-ons go here too."""
    stand_in = os.environ.get("TRIPOD_KUBECONFIG")
    if stand_in == "":
        # `tripod up local` emulates AWS, and was given no cluster to install add-ons in.
        return None
    kubeconfig = pulumi.Output.secret(Path(stand_in).read_text()) if stand_in else cluster.kubeconfig
    args = add_ons_args(spec, kubeconfig=kubeconfig, cluster=cluster.facts())
    return AddOns("add-ons", args, pulumi.ResourceOptions(depends_on=[cluster]))
