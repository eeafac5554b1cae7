"""Run a stack's program in this process, against a recorder."""

import asyncio
import gc
import logging
import os
import runpy
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pulumi import Resource
from pulumi.runtime import settings as pulumi_settings
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockEngine, MockSettings
from pulumi.runtime.stack import run_in_stack

from tripod.core.json_types import JsonMapping, JsonObject
from tripod.rehearsal.recorder import Backend, Recorder, Registration
from tripod.stack.project import Project, ProjectError, StackConfig


@dataclass(frozen=True)
class Recording:
    """Resources, outputs and invokes of a stack's program.

    Attributes:
        stack: the stack's name.
        registrations: its resources, by URN.
        outputs: its outputs.
        invokes: its calls of provider functions, each with its arguments.
    """

    stack: str
    registrations: Mapping[str, Registration]
    outputs: JsonMapping
    invokes: tuple[tuple[str, JsonObject], ...]


def record(
    project: Project,
    stack: str,
    config: StackConfig,
    backend: Backend,
    *,
    preview: bool = False,
    on_done: Callable[[Registration], None] | None = None,
) -> Recording:
    """Run a project's program as the engine would.

    Args:
        project: the project.
        stack: the stack's name.
        config: the stack's configuration.
        backend: creates its resources.
        preview: as a first preview: ids and computed outputs are unknown.
        on_done: called with each resource when it is there.

    Raises:
        Exception: whatever the program raises.
    """

    def program() -> None:
        runpy.run_path(str(project.main), run_name="__main__")

    # Standard output belongs to the command: what a program prints would break data for machines.
    with _program_folder(project), redirect_stdout(sys.stderr):
        return record_function(program, project.name, stack, config, backend, preview=preview, on_done=on_done)


def record_function(
    program: Callable[[], None],
    project_name: str,
    stack: str,
    config: StackConfig,
    backend: Backend,
    *,
    preview: bool = False,
    on_done: Callable[[Registration], None] | None = None,
) -> Recording:
    """Run a function as a stack's program; see record."""
    recorder = Recorder(backend, on_done, preview=preview)
    pulumi_settings.configure(
        MockSettings(
            monitor=recorder,
            monitor_features=recorder.features(),
            engine=MockEngine(logging.getLogger("tripod.program")),
            project=project_name,
            stack=stack,
            dry_run=preview,
            organization=None,
            callbacks=None,
        )
    )
    pulumi_settings.set_root_resource(cast("Resource", None))
    set_all_config(dict(config.values), config.secret_keys)
    # One failure makes every resource that waits for it fail: asyncio would print each of them.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        with _fast():
            loop.run_until_complete(run_in_stack(program))
    finally:
        _close(loop)
    return Recording(stack, dict(recorder.registrations), recorder.outputs, tuple(recorder.invokes))


@contextmanager
def _fast() -> Generator[None]:
    """Save processor time while a program runs.

    Garbage collection is off: nearly everything is in use to the end. The SDK adds the whole call stack to every
    registration, which is a seventh of a plan's time and which no backend reads: it is cut to one frame.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    sys.tracebacklimit = 1
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
        del sys.tracebacklimit


def _close(loop: asyncio.AbstractEventLoop) -> None:
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@contextmanager
def _program_folder(project: Project) -> Generator[None]:
    """The engine runs a program in its own folder, which is first on the path."""
    if not (project.main / "__main__.py").is_file():
        raise ProjectError(f"{project.folder / 'Pulumi.yaml'}: its program is not there, {project.main}/__main__.py")
    before, path = Path.cwd(), list(sys.path)
    modules = set(sys.modules)
    os.chdir(project.main)
    sys.path.insert(0, str(project.main))
    try:
        yield
    finally:
        os.chdir(before)
        sys.path[:] = path
        # Two stacks in one process each load the program's own modules anew.
        for name in set(sys.modules) - modules:
            file = getattr(sys.modules[name], "__file__", None) or ""
            if file.startswith(str(project.main)):
                del sys.modules[name]
