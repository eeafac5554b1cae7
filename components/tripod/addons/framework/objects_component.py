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

    Its options name the Kubernetes provider. Its objects depend on their ``depends_on`` too; their ``deleted_with``
    holds for those of its objects that own nothing outside the cluster.

    Args:
        kind: its class' name, the last part of its type.
        name: its logical name.
        args: its arguments.
        overrides: Kind/name of an object → its overrides.
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
        """Declare all of the component's objects: namespaces first, then objects that pods read, pods, the rest.

        Args:
            *manifests: the objects.
            after: resources that all of them depend on, beside those of the component's options.
            last: Kind/name of objects that come last → Kind/name of the objects that each depends on.

        Returns:
            The resources in their order; those that come last at the end.

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
                    made[key] = self._declare(manifest, earlier)
        for key, awaited in later.items():
            made[key] = self._declare(by_key[key], [*after, *(made[one] for one in awaited)])
        return list(made.values())

    def _declare(self, manifest: Manifest, after: Iterable[pulumi.Resource]) -> pulumi.CustomResource:
        whole = merged(manifest, self._overrides.get(key_of(manifest), {}))
        return declare(logical_name(self._logical, manifest), whole, self._opts(after, manifest))

    def _opts(self, after: Iterable[pulumi.Resource], manifest: Manifest | None = None) -> pulumi.ResourceOptions:
        external = manifest is None or has_external_resources(manifest)
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=[*self._before, *after],
            deleted_with=None if external else self._deleted_with,
        )

    def _refuse_overrides(self, declared: set[str]) -> None:
        allowed = f"one of {', '.join(sorted(declared))}"
        raise_if_any(
            Problem(("overrides", MapKey(key)), repr(key), allowed, "correct it")
            for key in self._overrides
            if key not in declared
        )
