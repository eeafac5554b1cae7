"""Peerings with VPCs of databases: existing ones, and the example."""

import pulumi

from providers import Providers
from tripod import Cluster, DatabasePeering, ExampleDatabase
from tripod.stack.arguments import example_database_args, example_vpc, existing_vpc, peering_args
from tripod.stack.spec import StackSpec


def peer_with_databases(spec: StackSpec, cluster: Cluster, providers: Providers) -> dict[str, DatabasePeering]:
    """Create every peering of the configuration: peer → peering."""
    peerings: dict[str, DatabasePeering] = {}
    for peer in spec.peers:
        provider = providers.get(peer.name)
        if peer.example is None:
            vpc = existing_vpc(peer)
        else:
            options = pulumi.ResourceOptions(provider=provider) if provider else None
            args = example_database_args(spec, peer, peer.example)
            vpc = example_vpc(peer, ExampleDatabase(f"database-{peer.name}", args, options))
        args = peering_args(peer, cluster.peering_side(), vpc, provider)
        peerings[peer.name] = DatabasePeering(f"peer-{peer.name}", args)
    return peerings
