"""A stack: a cluster, its add-ons, the databases beside it, and names that move to it."""

import pulumi

from add_ons import ingress_load_balancer, install_add_ons, stand_in
from cutovers import declare_cutovers
from databases import peer_with_databases
from providers import peer_providers
from tripod import Cluster
from tripod.stack.arguments import cluster_args
from tripod.stack.load import configuration_errors, load_stack
from tripod.stack.preflight import check_stack

with configuration_errors():
    spec = load_stack()
    providers = peer_providers(spec)
    check_stack(spec, providers, uses_api=stand_in() is None)

    cluster = Cluster("cluster", cluster_args(spec))
    add_ons = install_add_ons(spec, cluster)
    peerings = peer_with_databases(spec, cluster, providers)
    cutovers = declare_cutovers(spec, add_ons)

# Access to the API.
pulumi.export("endpoint", cluster.endpoint)
pulumi.export("certificate", cluster.certificate)
pulumi.export("kubeconfig", cluster.kubeconfig)

# Resources, by name.
pulumi.export("vpc", cluster.vpc_id)
pulumi.export("etcdGroups", cluster.etcd_group_names)
pulumi.export("controlPlaneGroups", cluster.control_plane_group_names)
pulumi.export("workerGroups", cluster.worker_group_names)
pulumi.export("databases", {name: peering.names for name, peering in peerings.items()})
pulumi.export("databaseCredentials", {name: peering.credentials for name, peering in peerings.items()})

# The load balancer of the ingress, for a cut-over; empty until it exists.
pulumi.export("ingress", ingress_load_balancer(add_ons))

# What evaluates the alert rules: by default nothing does.
pulumi.export("alerts", add_ons.alerts if add_ons else "nothing evaluates alert rules: no add-ons are installed")

# Addresses to try the new side of a name that moves.
pulumi.export("testUrls", {name: cutover.test_url for name, cutover in cutovers.items()})

# Trust in service accounts.
pulumi.export("issuer", cluster.issuer_url)
pulumi.export("issuerProvider", cluster.issuer_provider_arn)

# Availability, and resources that a destroy leaves behind.
pulumi.export("toleratesZoneFailure", cluster.tolerates_zone_failure)
pulumi.export("zoneFailureReasons", cluster.zone_failure_reasons)
retained = pulumi.Output.all(cluster.retained, *(peering.retained for peering in peerings.values()))
pulumi.export("retained", retained.apply(lambda found: {what: id_ for one in found for what, id_ in one.items()}))
