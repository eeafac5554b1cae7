"""The gate before everything in a cluster: the way to its API is open, the API answers, its nodes are registered."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from tripod.addons.framework.cluster_facts import ClusterFacts
from tripod.control_plane.api_status import ApiClient, missing_nodes, unready_reason
from tripod.control_plane.session_tunnel import SessionTunnel
from tripod.core.component import runs_in_engine
from tripod.core.naming import ROLE_TAG, ownership_tag

DEADLINE_SECONDS = 20 * 60
"""Time for the control plane's first boot, beside what its groups have waited."""

POLL_SECONDS = 5.0
SPEAK_SECONDS = 60.0


class ApiNotReadyError(pulumi.RunError):
    """The API was not ready in time."""


@dataclass(frozen=True)
class ApiGate:
    """The gate of one run.

    Attributes:
        api: the API.
        nodes: the control-plane nodes that must have registered.
        tunnel: the tunnel to the API; None if it is reached without one.
        instances: returns the ids of the running control-plane nodes.
        report: called with what is missing, at most once a minute.
    """

    api: ApiClient
    nodes: int
    tunnel: SessionTunnel | None
    instances: Callable[[], Awaitable[Sequence[str] | None]]
    report: Callable[[str], None]

    async def missing(self) -> str:
        """Open the way to the API, and return what is still missing; empty if nothing is."""
        if self.tunnel is not None:
            found = await self.instances()
            if not found:
                return "no control-plane node is running: see the activities of its auto-scaling groups"
            closed = await asyncio.to_thread(self.tunnel.open, found)
            if closed:
                return closed
        if unready := await asyncio.to_thread(unready_reason, self.api):
            return await self._leave_node(unready)
        return await asyncio.to_thread(missing_nodes, self.api, self.nodes)

    async def _leave_node(self, unready: str) -> str:
        """Have the tunnel lead to another node the next time; return the reason, with what can be done about it."""
        if self.tunnel is None:
            return unready
        if self.tunnel.is_foreign:
            port = self.tunnel.port
            return f"{unready} (port {port} was in use: end what listens there, or set access.tunnelPort)"
        await asyncio.to_thread(self.tunnel.change_node)
        return unready

    async def wait(self, seconds: float = DEADLINE_SECONDS, poll_seconds: float = POLL_SECONDS) -> None:
        """Wait until nothing is missing.

        Raises:
            ApiNotReadyError: something still is after the deadline; the message names it.
        """
        begin = said_at = time.monotonic()
        while missing := await self.missing():
            now = time.monotonic()
            if now - begin > seconds:
                raise ApiNotReadyError(
                    f"the cluster's API was not ready within {seconds / 60:.0f} minutes: {missing}. What was made "
                    "stays; run `pulumi up` again once it is mended. `tripod verify` shows the cluster's state"
                )
            if now - said_at >= SPEAK_SECONDS:
                self.report(f"waiting for the cluster's API: {missing}")
                said_at = now
            await asyncio.sleep(poll_seconds)


def ready_kubeconfig(
    kubeconfig: pulumi.Input[str],
    cluster: ClusterFacts,
    parent: pulumi.Resource,
    after: Sequence[pulumi.Input[pulumi.Resource]],
) -> pulumi.Output[str]:
    """The kubeconfig, once the API that it leads to can be used.

    Pulumi's Kubernetes provider asks the API when it is configured and never again: the way must be open by then, at
    every run. A preview waits for nothing: if the API cannot be reached, a warning says so, and objects are compared
    with the state alone. There is no API in a plan, a rehearsal, or a test with mocks.

    Args:
        kubeconfig: a kubeconfig with a client certificate.
        cluster: the facts; without ``control_plane_nodes`` the kubeconfig is returned as it is.
        parent: the component that uses it.
        after: resources that must be there first.
    """
    given = pulumi.Output.secret(kubeconfig)
    if not cluster.control_plane_nodes or not runs_in_engine():
        return given

    async def opened(text: str) -> str:
        gate = ApiGate(
            ApiClient.of(text),
            cluster.control_plane_nodes,
            _tunnel(cluster),
            lambda: _running_nodes(cluster, pulumi.InvokeOutputOptions(parent=parent)).future(),
            lambda said: pulumi.log.info(said, parent),
        )
        if not pulumi.runtime.is_dry_run():
            await gate.wait()
        elif missing := await gate.missing():
            pulumi.log.warn(f"{missing}: objects in the cluster are compared with the state alone", parent)
        return text

    # Asked once more than needed: only a call of the provider can wait for resources.
    groups_made = _running_nodes(cluster, pulumi.InvokeOutputOptions(parent=parent, depends_on=[*after]))
    return pulumi.Output.secret(pulumi.Output.all(given, groups_made).apply(lambda values: opened(str(values[0]))))


def _tunnel(cluster: ClusterFacts) -> SessionTunnel | None:
    if not cluster.tunnel_port:
        return None
    return SessionTunnel(cluster.tunnel_port, cluster.region, pulumi.Config("aws").get("profile"))


def _running_nodes(cluster: ClusterFacts, options: pulumi.InvokeOutputOptions) -> pulumi.Output[Sequence[str]]:
    found = aws.ec2.get_instances_output(
        instance_tags={ownership_tag(cluster.cluster_name): "owned", ROLE_TAG: "control-plane"},
        instance_state_names=["running"],
        opts=options,
    )
    return found.apply(lambda one: one.ids)
