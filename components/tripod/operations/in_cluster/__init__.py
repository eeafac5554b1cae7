"""Whether what lives in a cluster is what it should be: promises, looked at in its API."""

from tripod.operations.in_cluster import nodes, policies, services
from tripod.operations.in_cluster.view import ClusterView
from tripod.operations.verify.check import Check

CHECKS: tuple[Check[ClusterView], ...] = (*nodes.CHECKS, *services.CHECKS, *policies.CHECKS)
"""Every check of a cluster's inside."""

WITHOUT_NODES: tuple[Check[ClusterView], ...] = (services.one_load_balancer, *policies.CHECKS)
"""Those that an API server shows to which no node belongs, as in a rehearsal."""
