"""What every object in a cluster keeps to, whoever rendered it: a typed add-on, a chart, a team's component."""

from collections.abc import Iterable, Iterator

from tripod.addons.checks.containers import pod_problems
from tripod.addons.checks.house import House, Object, flattened
from tripod.addons.checks.texts import text_problems
from tripod.addons.checks.together import entrance_problems, isolation_problems, replica_problems
from tripod.core.problems import Problem

__all__ = ["House", "Object", "cluster_problems", "object_problems"]


def object_problems(objects: Iterable[Object], house: House | None = None) -> Iterator[Problem]:
    """What objects break, such as those of one chart or add-on.

    Args:
        objects: the objects. A budget is looked for among them.
        house: what they are held to.
    """
    known = [one for given in objects for one in flattened(given)]
    rules = house or House()
    for one in known:
        yield from pod_problems(one, rules)
        yield from text_problems(one, rules)
    yield from replica_problems(known, rules)


def cluster_problems(objects: Iterable[Object], house: House | None = None) -> Iterator[Problem]:
    """What everything in one cluster breaks: the same, and what only the whole can.

    Args:
        objects: all that the cluster is given.
        house: what they are held to.
    """
    known = [one for given in objects for one in flattened(given)]
    yield from object_problems(known, house)
    yield from entrance_problems(known)
    yield from isolation_problems(known)
