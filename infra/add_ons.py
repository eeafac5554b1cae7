"""What lives in the cluster."""

from typing import Any, cast

import pulumi

from settings import Settings
from tripod import AddOns, AddOnsArgs, Cluster, excluded_names


def install_add_ons(settings: Settings, cluster: Cluster) -> AddOns:
    """Install the add-ons, once the cluster's API answers. One of your own is one more line here."""
    args = {**_told(settings), "kubeconfig": cluster.kubeconfig, "platform": cluster.platform()}
    return AddOns("add-ons", cast("AddOnsArgs", args), pulumi.ResourceOptions(depends_on=[cluster]))


def _told(settings: Settings) -> dict[str, Any]:
    """The add-ons' settings. Names that `tripod cutover` moves are nobody else's to write."""
    plain, zones = settings.add_ons.plain(), settings.add_ons.zones
    written = [zone.name for zone in (zones.public, zones.private) if zone]
    moved = excluded_names(settings.cutovers, written)
    return {**plain, "zones": {**plain["zones"], "excluded": [*dict.fromkeys((*zones.excluded, *moved))]}}
