"""Rules that every object of a cluster keeps: of a typed add-on, of a chart, or of a team's component."""

from collections.abc import Iterable, Iterator

from support.add_ons.manifest_rules.containers import pod_problems
from support.add_ons.manifest_rules.content_rules import content_problems
from support.add_ons.manifest_rules.cross_object_rules import ingress_problems, isolation_problems, replica_problems
from support.add_ons.manifest_rules.policy import Object, PolicyContext, flattened
from tripod.core.problems import Problem

__all__ = ["Object", "PolicyContext", "cluster_problems", "object_problems"]


def object_problems(objects: Iterable[Object], context: PolicyContext | None = None) -> Iterator[Problem]:
    """Find broken rules of objects, such as those of one chart or add-on.

    Args:
        objects: the objects. A budget is looked for among them.
        context: mirrors, names and exemptions; by default those of any cluster.
    """
    known = [one for given in objects for one in flattened(given)]
    rules = context or PolicyContext()
    for one in known:
        yield from pod_problems(one, rules)
        yield from content_problems(one, rules)
    yield from replica_problems(known, rules)


def cluster_problems(objects: Iterable[Object], context: PolicyContext | None = None) -> Iterator[Problem]:
    """Find broken rules of all objects of one cluster, those across objects included.

    Args:
        objects: all objects of the cluster.
        context: mirrors, names and exemptions; by default those of any cluster.
    """
    known = [one for given in objects for one in flattened(given)]
    yield from object_problems(known, context)
    yield from ingress_problems(known)
    yield from isolation_problems(known)
