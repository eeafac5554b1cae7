"""What every add-on does alike."""

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from tripod.addons.charts import Chart, chart_source, merged
from tripod.addons.component import ObjectsComponent
from tripod.addons.platform import Platform, PlatformArgs
from tripod.addons.spec.common import AddOnSpec, ReleaseSpec
from tripod.iam.service_account import ServiceAccountRole

RELEASE_SECONDS = 600
"""How long a release may take until its pods are ready."""


class AddOnArgs(TypedDict):
    """What every add-on takes beside its own settings."""

    platform: PlatformArgs
    """The cluster that it lives in."""


class AddOn(ObjectsComponent):
    """What lives in a cluster, with all that it needs there and in AWS. It needs no Cluster.

    Args:
        kind: its class' name, of which its type is made.
        name: its logical name.
        args: its arguments.
        spec: what was read from them.
        opts: its options; see ObjectsComponent.

    Attributes:
        platform: the cluster that it lives in.
    """

    def __init__(
        self, kind: str, name: str, args: AddOnArgs, spec: AddOnSpec, opts: pulumi.ResourceOptions | None
    ) -> None:
        super().__init__(kind, name, args, spec.overrides, opts)
        self.platform = Platform.of(args["platform"])

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
