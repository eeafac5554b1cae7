"""A component whose children are Kubernetes objects."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pulumi

from tripod.addons.framework.charts import merged
from tripod.addons.framework.objects import Manifest, apply_order, declare, has_external_resources, key_of, logical_name
from tripod.addons.framework.secrets import mark_secrets
from tripod.core.component import dependencies_of, recorded_inputs
from tripod.core.problems import MapKey, Problem, raise_if_any


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
        super().__init__(f"tripod:index:{kind}", name, mark_secrets(recorded_inputs(args)), opts)
        self._logical = name
        self._before = dependencies_of(opts)
        self._deleted_with = opts.deleted_with if opts else None
        self._overrides = overrides

    def declare(
        self,
        *manifests: Manifest,
        after: Sequence[pulumi.Resource] = (),
        last: Mapping[str, Sequence[str]] | None = None,
    ) -> list[pulumi.CustomResource]:
        """Declare the component's objects, all at once: namespaces first, then what pods read, pods, the rest.

        Args:
            *manifests: the objects.
            after: what must be there before any of them, beside what the component itself comes after.
            last: Kind/name of objects that come last → Kind/name of what each of them waits for.

        Returns:
            What was declared, in its order; those that come last at the end.

        Raises:
            ConfigurationError: an override is for none of them.
        """
        self._refuse_overrides({key_of(manifest) for manifest in manifests})
        later = last or {}
        by_key = {key_of(manifest): manifest for manifest in manifests}
        made: dict[str, pulumi.CustomResource] = {}
        for step in range(4):
            earlier = [*after, *made.values()]
            for key, manifest in by_key.items():
                if apply_order(manifest) == step and key not in later:
                    made[key] = self._declared(manifest, earlier)
        for key, awaited in later.items():
            made[key] = self._declared(by_key[key], [*after, *(made[one] for one in awaited)])
        return list(made.values())

    def _declared(self, manifest: Manifest, after: Iterable[pulumi.Resource]) -> pulumi.CustomResource:
        whole = merged(manifest, self._overrides.get(key_of(manifest), {}))
        return declare(logical_name(self._logical, manifest), whole, self._opts(after, manifest))

    def _opts(self, after: Iterable[pulumi.Resource], manifest: Manifest | None = None) -> pulumi.ResourceOptions:
        apart = manifest is None or has_external_resources(manifest)
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=[*self._before, *after],
            deleted_with=None if apart else self._deleted_with,
        )

    def _refuse_overrides(self, declared: set[str]) -> None:
        allowed = f"one of {', '.join(sorted(declared))}"
        raise_if_any(
            Problem(("overrides", MapKey(key)), repr(key), allowed, "correct it")
            for key in self._overrides
            if key not in declared
        )
