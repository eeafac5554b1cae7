"""Base class of add-ons."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypedDict

import pulumi

from tripod.addons.framework.account_role import account_role
from tripod.addons.framework.charts import Chart, chart_source, merged
from tripod.addons.framework.cluster_facts import ClusterFacts, ClusterInput
from tripod.addons.framework.objects import SDK_VERSION
from tripod.addons.framework.objects_component import ObjectsComponent
from tripod.addons.framework.spec import AddOnSpec, ReleaseSpec
from tripod.core.iam_documents import Document
from tripod.core.regions import partition

RELEASE_TYPE = "kubernetes:helm.sh/v3:Release"
RELEASE_SECONDS = 600
"""Seconds until the pods of a release must be ready."""

NETWORK_PLUGIN_SECONDS = 1800
"""The same for a network plugin, which changes a tenth of the nodes at a time: ten times three minutes."""


class AddOnArgs(TypedDict):
    """Arguments of every add-on beside its own settings."""

    cluster: ClusterInput
    """Facts of the cluster that it runs in."""


class AddOn(ObjectsComponent):
    """An add-on: a component with objects in the cluster and resources in AWS. It needs no Cluster.

    Args:
        kind: its class' name, the last part of its type.
        name: its logical name.
        args: its arguments.
        spec: its settings, validated.
        opts: its options; see ObjectsComponent.

    Attributes:
        cluster: facts of the cluster that it runs in.
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
        *,
        network_plugin: bool = False,
    ) -> pulumi.CustomResource:
        """Declare a Helm release, which is created once its pods are ready.

        The SDK's class takes half a second to load; its inputs are these, and ``compat``, which it adds to all.

        Args:
            chart: the chart.
            namespace: its namespace, which exists.
            values: the chart's values.
            spec: the add-on's settings, whose values override these.
            after: resources that it depends on.
            network_plugin: if true, a failed change stays where it is, and is taken up by the next run: to roll it
                back would interrupt pods on every node once more.
        """
        inputs = {
            "name": chart.name,
            "namespace": namespace,
            "values": merged(values, spec.values),
            "timeout": NETWORK_PLUGIN_SECONDS if network_plugin else RELEASE_SECONDS,
            "atomic": not network_plugin,
            "skipAwait": False,
            "compat": "true",
            **chart_source(chart, self.cluster.charts),
        }
        opts = pulumi.ResourceOptions.merge(self._opts([*after]), pulumi.ResourceOptions(version=SDK_VERSION))
        return pulumi.CustomResource(RELEASE_TYPE, f"{self._logical}-release", inputs, opts)

    def policy(self, make: Callable[..., Document], **more: pulumi.Input[str]) -> pulumi.Output[str]:
        """Render a policy document (JSON) that names the account and the cluster.

        Args:
            make: returns it for partition, region, account_id, cluster and the arguments in ``more``.
            **more: further arguments; may be unknown.
        """
        region, name = self.cluster.region, self.cluster.cluster_name
        known: pulumi.Output[dict[str, str]] = pulumi.Output.all(account_id=self.cluster.account_id, **more)
        return known.apply(
            lambda values: json.dumps(make(partition=partition(region), region=region, cluster=name, **values))
        )

    def role(self, namespace: str, service_account: str, policy: pulumi.Input[str]) -> pulumi.Output[str]:
        """Declare a role that one service account of the add-on can assume, and return its ARN.

        Args:
            namespace: the service account's namespace.
            service_account: its name.
            policy: its policy document (JSON).
        """
        account = (namespace, service_account)
        return account_role(self, f"{self._logical}-{service_account}", self.cluster, account, policy)
