"""`tripod tunnel`."""

import subprocess
from typing import Annotated

import typer

from tripod.cli.commands.options import Name, Stack
from tripod.cli.errors import stack_errors
from tripod.operations.errors import Refusal, RefusedError


def tunnel(
    stack: Stack,
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- COMMAND]", help="Run a command, such as `pulumi refresh`, and close the tunnel."),
    ] = None,
    *,
    printed: Annotated[bool, typer.Option("--print", help="Print the command instead of running it.")] = False,
    cluster: Name = "",
) -> None:
    """Open a tunnel to the API through Session Manager, until it is interrupted or a command after `--` ends.

    With `access.mode: ssm-tunnel` the kubeconfig points to its end on this machine. The API's certificate is verified
    through it too. `pulumi up` and `pulumi preview` open one by themselves; `pulumi refresh` and `pulumi destroy` do
    not run the program and need `tripod tunnel STACK -- pulumi refresh --stack STACK`.
    """
    from rich.console import Console
    from rich.text import Text

    from tripod.cli.commands.api_access import open_api
    from tripod.cli.target import open_cluster
    from tripod.control_plane.session_tunnel import Tunnel, missing_programs
    from tripod.operations.tunnel import healthy_node, tunnel_port

    with stack_errors(stack):
        target = open_cluster(stack, cluster)
        if target.config.endpoint is not None:
            raise RefusedError([Refusal(stack, "its AWS is emulated: no node answers", "name a stack in AWS")])
        if command:
            with open_api(target):
                raise typer.Exit(subprocess.run(command, check=False).returncode)  # noqa: S603
        port = tunnel_port(target.section("access"))
        node = healthy_node(target.inventory())
        session = Tunnel(node, port, target.config.region, target.config.get("aws:profile"))
        if printed:
            Console().print(Text(session.command_line), soft_wrap=True)
            return
        remedy = f"install the AWS CLI and its Session Manager plugin; the command is `{session.command_line}`"
        if missing := missing_programs():
            raise RefusedError([Refusal(f"`{name}`", "is not on PATH", remedy) for name in missing])
        Console(stderr=True).print(Text(f"https://127.0.0.1:{port} is the API, by {node}, until Ctrl-C."))
        raise typer.Exit(subprocess.run(session.command, check=False).returncode)  # noqa: S603
