"""What every add-on does alike."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

import pulumi
import pulumi_kubernetes as kubernetes

from tripod.addons.framework.account_role import account_role
from tripod.addons.framework.charts import Chart, chart_source, merged
from tripod.addons.framework.cluster_facts import ClusterFacts, ClusterInput
from tripod.addons.framework.objects_component import ObjectsComponent
from tripod.addons.framework.spec import AddOnSpec, ReleaseSpec
from tripod.core.iam_documents import Document
from tripod.core.regions import partition

RELEASE_SECONDS = 600
"""How long a release may take until its pods are ready."""


class AddOnArgs(TypedDict):
    """What every add-on takes beside its own settings."""

    cluster: ClusterInput
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
        cluster: facts of the cluster that it lives in.
    """

    def __init__(
        self, kind: str, name: str, args: AddOnArgs, spec: AddOnSpec, opts: pulumi.ResourceOptions | None
    ) -> None:
        cluster = ClusterFacts.of(args["cluster"])
        super().__init__(kind, name, args, spec.overrides, opts)
        self.cluster = cluster

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
            **chart_source(chart, self.cluster.charts),
        )

    def policy(self, make: Callable[..., Document], **more: pulumi.Input[str]) -> pulumi.Output[str]:
        """A policy (JSON) that names the account and the cluster.

        Args:
            make: makes it of partition, region, account_id, cluster and what else is given.
            **more: what else it needs; may be unknown.
        """
        region, name = self.cluster.region, self.cluster.cluster_name
        known: pulumi.Output[dict[str, str]] = pulumi.Output.all(account_id=self.cluster.account_id, **more)
        return known.apply(
            lambda values: json.dumps(make(partition=partition(region), region=region, cluster=name, **values))
        )

    def role(self, namespace: str, service_account: str, policy: pulumi.Input[str]) -> pulumi.Output[str]:
        """A role in AWS that one service account of the add-on can assume; its ARN.

        Args:
            namespace: the service account's namespace.
            service_account: its name.
            policy: what it may do (JSON).
        """
        account = (namespace, service_account)
        return account_role(self, f"{self._logical}-{service_account}", self.cluster, account, policy)
