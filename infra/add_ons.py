"""What lives in the cluster."""

import os
from pathlib import Path
from typing import Any, cast

import pulumi

from settings import Settings
from tripod import AddOns, AddOnsArgs, Cluster, excluded_names


def install_add_ons(settings: Settings, cluster: Cluster) -> AddOns | None:
    """Install the add-ons, once the cluster's API answers. One of your own is one more line here."""
    stand_in = os.environ.get("TRIPOD_KUBECONFIG")
    if stand_in == "":
        # The AWS of `tripod up local` is emulated, and no cluster stands for the one that is not there.
        return None
    kubeconfig = pulumi.Output.secret(Path(stand_in).read_text()) if stand_in else cluster.kubeconfig
    args = {**_told(settings), "kubeconfig": kubeconfig, "cluster": cluster.facts()}
    return AddOns("add-ons", cast("AddOnsArgs", args), pulumi.ResourceOptions(depends_on=[cluster]))


def _told(settings: Settings) -> dict[str, Any]:
    """The add-ons' settings. Names that `tripod cutover` moves are nobody else's to write."""
    plain, zones = settings.add_ons.plain(), settings.add_ons.zones
    written = [zone.name for zone in (zones.public, zones.private) if zone]
    moved = excluded_names(settings.cutovers, written)
    return {**plain, "zones": {**plain["zones"], "excluded": [*dict.fromkeys((*zones.excluded, *moved))]}}
