"""In-cluster checks, through the Kubernetes API."""

from tripod.operations.in_cluster import nodes, policies, services
from tripod.operations.in_cluster.view import ClusterView
from tripod.operations.verify.check import Check

CHECKS: tuple[Check[ClusterView], ...] = (*nodes.CHECKS, *services.CHECKS, *policies.CHECKS)
"""Every in-cluster check."""

WITHOUT_NODES: tuple[Check[ClusterView], ...] = (services.one_load_balancer, *policies.CHECKS)
"""The checks that need no nodes, as in a rehearsal."""
