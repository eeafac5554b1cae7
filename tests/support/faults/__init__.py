"""Ways to break a cluster, each with a boto3 client of its own, and the one check that each fails."""

from support.faults import api, encryption, etcd, issuer, network, nodes, peering, perimeter, rights
from support.faults.noting import FAULTS

PARTS = (api, encryption, etcd, issuer, network, nodes, peering, perimeter, rights)
"""The parts that can be broken; to import one is to note its faults."""

__all__ = ["FAULTS", "PARTS"]
