"""A stack: a cluster, what is in it, the databases beside it, and names that move to it."""

import pulumi

from add_ons import install_add_ons
from cutovers import declare_cutovers
from databases import peer_with_databases
from existing import examine_existing
from providers import peer_providers
from settings import load_settings, refusals
from tripod import Cluster

with refusals():
    settings = load_settings()
    providers = peer_providers(settings)
    examine_existing(settings, providers)

    cluster = Cluster("cluster", settings.cluster_args())
    add_ons = install_add_ons(settings, cluster)
    peerings = peer_with_databases(settings, cluster, providers)
    cutovers = declare_cutovers(settings)

# How the API is reached.
pulumi.export("endpoint", cluster.endpoint)
pulumi.export("certificate", cluster.certificate)
pulumi.export("kubeconfig", cluster.kubeconfig)

# What was made, by name.
pulumi.export("vpc", cluster.vpc_id)
pulumi.export("etcdGroups", cluster.etcd_group_names)
pulumi.export("controlPlaneGroups", cluster.control_plane_group_names)
pulumi.export("workerGroups", cluster.worker_group_names)
pulumi.export("databases", {name: peering.names for name, peering in peerings.items()})
pulumi.export("databaseCredentials", {name: peering.credentials for name, peering in peerings.items()})

# Where the new side of a name that moves is tried.
pulumi.export("testUrls", {name: cutover.test_url for name, cutover in cutovers.items()})

# What service accounts are trusted by.
pulumi.export("issuer", cluster.issuer_url)
pulumi.export("issuerProvider", cluster.issuer_provider_arn)

# What may fail, and what a destroy leaves behind.
pulumi.export("toleratesZoneFailure", cluster.tolerates_zone_failure)
pulumi.export("zoneFailureReasons", cluster.zone_failure_reasons)
kept = pulumi.Output.all(cluster.retained, *(peering.retained for peering in peerings.values()))
pulumi.export("retained", kept.apply(lambda parts: {what: id_ for part in parts for what, id_ in part.items()}))
