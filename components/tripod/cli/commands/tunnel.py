"""`tripod tunnel`."""

import subprocess
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from tripod.cli.commands.options import Name, Stack
from tripod.cli.target import open_cluster, operation_errors
from tripod.operations.errors import Refusal, RefusedError
from tripod.operations.tunnel import Tunnel, healthy_node, missing_programs, tunnel_port


def tunnel(
    stack: Stack,
    *,
    printed: Annotated[bool, typer.Option("--print", help="Print the command instead of running it.")] = False,
    cluster: Name = "",
) -> None:
    """Open a tunnel to the API through Session Manager, until it is interrupted.

    With `access.mode: ssm-tunnel` the kubeconfig leads to its end on this machine. A certificate is verified through
    it as without. It ends with its node: run it again.
    """
    with operation_errors(stack, as_json=False):
        opened = open_cluster(stack, cluster)
        if opened.config.endpoint is not None:
            raise RefusedError([Refusal(stack, "its AWS is emulated: no node answers", "name a stack in AWS")])
        port = tunnel_port(opened.section("access"))
        node = healthy_node(opened.account())
        way = Tunnel(node, port, opened.config.region, opened.config.get("aws:profile"))
        if printed:
            Console().print(Text(way.written), soft_wrap=True)
            return
        missing = missing_programs()
        if missing:
            raise RefusedError(
                [
                    Refusal(
                        f"`{name}`",
                        "is not on PATH",
                        f"install the AWS CLI and its Session Manager plugin; the command is `{way.written}`",
                    )
                    for name in missing
                ]
            )
        Console(stderr=True).print(Text(f"https://127.0.0.1:{port} is the API, by {node}, until Ctrl-C."))
        raise typer.Exit(subprocess.run(way.command, check=False).returncode)  # noqa: S603
