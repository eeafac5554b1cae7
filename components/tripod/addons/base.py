"""What every add-on does alike."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from tripod.addons.charts import Chart, chart_source, merged
from tripod.addons.objects import Manifest, declare, key_of, logical_name, owns_outside, rank
from tripod.addons.platform import Platform, PlatformArgs
from tripod.addons.spec.common import AddOnSpec, ReleaseSpec
from tripod.iam.service_account import ServiceAccountRole
from tripod.problems import ConfigurationError, MapKey, Problem
from tripod.scope import preceding

RELEASE_SECONDS = 600
"""How long a release may take until its pods are ready."""


class AddOnArgs(TypedDict):
    """What every add-on takes beside its own settings."""

    platform: PlatformArgs
    """The cluster that it lives in."""


class AddOn(pulumi.ComponentResource):
    """What lives in a cluster, with all that it needs there and in AWS. It needs no Cluster.

    Its options name the Kubernetes provider. What they say it comes after, its objects come after; what they say
    it is deleted with, those of its objects are that own nothing outside the cluster.

    Args:
        kind: its class' name, of which its type is made.
        name: its logical name.
        args: its arguments.
        spec: what was read from them.
        opts: its options.

    Attributes:
        platform: the cluster that it lives in.
    """

    def __init__(
        self, kind: str, name: str, args: AddOnArgs, spec: AddOnSpec, opts: pulumi.ResourceOptions | None
    ) -> None:
        super().__init__(f"tripod:index:{kind}", name, dict(args), opts)
        self.platform = Platform.of(args["platform"])
        self._logical = name
        self._before = preceding(opts)
        self._deleted_with = opts.deleted_with if opts else None
        self._overrides = spec.overrides

    def declare(self, *manifests: Manifest, after: Sequence[pulumi.Resource] = ()) -> list[pulumi.Resource]:
        """Declare the add-on's objects, all at once: namespaces first, then what pods read, pods, custom resources.

        Args:
            *manifests: the objects.
            after: what must be there before any of them, beside what the add-on itself comes after.

        Raises:
            ConfigurationError: an override is for none of them.
        """
        self._refuse_overrides({key_of(manifest) for manifest in manifests})
        made: list[pulumi.Resource] = []
        for step in range(4):
            earlier = [*after, *made]
            for manifest in manifests:
                if rank(manifest) == step:
                    whole = merged(manifest, self._overrides.get(key_of(manifest), {}))
                    made.append(declare(logical_name(self._logical, manifest), whole, self._opts(earlier, manifest)))
        return made

    def release(
        self,
        chart: Chart,
        namespace: str,
        values: Mapping[str, Any],
        spec: ReleaseSpec,
        after: Sequence[pulumi.Resource] = (),
    ) -> kubernetes.helm.v3.Release:
        """Declare a Helm release, which is there when its pods are ready.

        Args:
            chart: the chart.
            namespace: where it goes; it exists.
            values: the chart's values.
            spec: the add-on's settings, whose own values are laid over these.
            after: what must be there first.
        """
        return kubernetes.helm.v3.Release(
            f"{self._logical}-release",
            name=chart.name,
            namespace=namespace,
            values=merged(values, spec.values),
            timeout=RELEASE_SECONDS,
            atomic=True,
            skip_await=False,
            opts=self._opts([*after]),
            **chart_source(chart, self.platform.charts),
        )

    def role(self, namespace: str, service_account: str, policy: pulumi.Input[str]) -> pulumi.Output[str]:
        """A role in AWS that one service account of the add-on can assume; its ARN.

        Args:
            namespace: the service account's namespace.
            service_account: its name.
            policy: what it may do (JSON).
        """
        platform = self.platform
        role = ServiceAccountRole(
            f"{self._logical}-{service_account}",
            {
                "cluster_name": platform.cluster_name,
                "tags": dict(platform.tags),
                "region": platform.region,
                "provider_arn": platform.issuer_provider_arn,
                "issuer_url": platform.issuer_url,
                "namespace": namespace,
                "service_account": service_account,
                "policy": policy,
            },
            pulumi.ResourceOptions(parent=self),
        )
        return role.role_arn

    def _opts(self, after: Iterable[pulumi.Resource], manifest: Manifest | None = None) -> pulumi.ResourceOptions:
        apart = manifest is None or owns_outside(manifest)
        return pulumi.ResourceOptions(
            parent=self,
            depends_on=[*self._before, *after],
            deleted_with=None if apart else self._deleted_with,
        )

    def _refuse_overrides(self, declared: set[str]) -> None:
        unknown = [key for key in self._overrides if key not in declared]
        if unknown:
            raise ConfigurationError(
                [
                    Problem(
                        ("overrides", MapKey(key)), repr(key), f"one of {', '.join(sorted(declared))}", "correct it"
                    )
                    for key in unknown
                ]
            )
