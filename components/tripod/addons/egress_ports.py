"""Egress ports that control-plane nodes need to send logs and metrics."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from tripod.addons.logging.spec import LoggingSpec
from tripod.addons.metrics.spec import MetricsSpec
from tripod.addons.spec import AddOnsSpec
from tripod.addons.telemetry.destinations import service_namespace
from tripod.control_plane.spec import ControlPlaneSpec
from tripod.core.problems import Path, Problem
from tripod.security.ports import HTTP, HTTPS

_Destination = tuple[Path, str, int]
"""Path of the setting, host, port."""


def backend_port_problems(control_plane: ControlPlaneSpec, add_ons: AddOnsSpec) -> Iterator[Problem]:
    """Problems of back-end ports that the security groups of control-plane nodes do not allow.

    Args:
        control_plane: its settings, with the allowed egress ports.
        add_ons: settings of logging and metrics.
    """
    destinations: list[_Destination] = []
    if "logging" not in add_ons.without:
        destinations += _logs(add_ons.logging)
    if "metrics" not in add_ons.without:
        destinations += _metrics(add_ons.metrics)
    allowed = {HTTP, HTTPS, *control_plane.outward_ports}
    for path, host, port in destinations:
        if service_namespace(host) is None and port not in allowed:
            yield Problem(
                ("add_ons", *path),
                f"port {port}",
                f"one that control-plane nodes reach: {', '.join(str(one) for one in sorted(allowed))}",
                f"add {port} to controlPlane.outwardPorts: their logs and metrics are not sent otherwise",
            )


def _logs(spec: LoggingSpec) -> Iterator[_Destination]:
    for name in ("elasticsearch", "opensearch"):
        section = getattr(spec, name)
        if section is not None:
            yield ("logging", name, "port"), section.host, section.port
    if spec.kafka:
        for position, broker in enumerate(spec.kafka.brokers):
            host, _, port = broker.rpartition(":")
            if port.isdigit():
                yield ("logging", "kafka", "brokers", position), host, int(port)


def _metrics(spec: MetricsSpec) -> Iterator[_Destination]:
    if spec.remote_write:
        address = urlsplit(spec.remote_write.url)
        port = address.port or (HTTP if address.scheme == "http" else HTTPS)
        yield ("metrics", "remote_write", "url"), address.hostname or "", port
