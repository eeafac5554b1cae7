"""A component whose children are Kubernetes objects."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi

from tripod.addons.charts import merged
from tripod.addons.objects import Manifest, declare, key_of, logical_name, owns_outside, rank
from tripod.problems import MapKey, Problem, refuse
from tripod.scope import preceding


class ObjectsComponent(pulumi.ComponentResource):
    """A component whose children are Kubernetes objects.

    Its options name the Kubernetes provider. What they say it comes after, its objects come after; what they say
    it is deleted with, those of its objects are that own nothing outside the cluster.

    Args:
        kind: its class' name, of which its type is made.
        name: its logical name.
        args: its arguments.
        overrides: Kind/name of an object → what is laid over it.
        opts: its options.
    """

    def __init__(
        self,
        kind: str,
        name: str,
        args: Mapping[str, Any],
        overrides: Mapping[str, Mapping[str, Any]],
        opts: pulumi.ResourceOptions | None,
    ) -> None:
        super().__init__(f"tripod:index:{kind}", name, dict(args), opts)
        self._logical = name
        self._before = preceding(opts)
        self._deleted_with = opts.deleted_with if opts else None
        self._overrides = overrides

    def declare(self, *manifests: Manifest, after: Sequence[pulumi.Resource] = ()) -> dict[str, pulumi.Resource]:
        """Declare the component's objects, all at once: namespaces first, then what pods read, pods, the rest.

        Args:
            *manifests: the objects.
            after: what must be there before any of them, beside what the component itself comes after.

        Returns:
            Kind/name → resource.

        Raises:
            ConfigurationError: an override is for none of them.
        """
        self._refuse_overrides({key_of(manifest) for manifest in manifests})
        made: dict[str, pulumi.Resource] = {}
        for step in range(4):
            earlier = [*after, *made.values()]
            for manifest in manifests:
                if rank(manifest) == step:
                    whole = merged(manifest, self._overrides.get(key_of(manifest), {}))
                    opts = self._opts(earlier, manifest)
                    made[key_of(manifest)] = declare(logical_name(self._logical, manifest), whole, opts)
        return made

    def _opts(self, after: Iterable[pulumi.Resource], manifest: Manifest | None = None) -> pulumi.ResourceOptions:
        apart = manifest is None or owns_outside(manifest)
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=[*self._before, *after],
            deleted_with=None if apart else self._deleted_with,
        )

    def _refuse_overrides(self, declared: set[str]) -> None:
        allowed = f"one of {', '.join(sorted(declared))}"
        refuse(
            Problem(("overrides", MapKey(key)), repr(key), allowed, "correct it")
            for key in self._overrides
            if key not in declared
        )
