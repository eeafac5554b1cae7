"""What lives in the cluster."""

from typing import cast

import pulumi

from settings import Settings
from tripod import AddOns, AddOnsArgs, Cluster


def install_add_ons(settings: Settings, cluster: Cluster) -> AddOns:
    """Install the add-ons, once the cluster's API answers. One of your own is one more line here."""
    args = {**settings.add_ons.plain(), "kubeconfig": cluster.kubeconfig, "platform": cluster.platform()}
    return AddOns("add-ons", cast("AddOnsArgs", args), pulumi.ResourceOptions(depends_on=[cluster]))
