"""The emulated AWS of these tests: the product's, and what a destroy and a refresh need of moto (5.2) besides.

It is a process of its own: `python emulator.py PORT`.
"""

import sys
import threading
from collections.abc import Callable
from typing import Any

from tripod.rehearsal.emulator import emulated_aws


def let_interfaces_outlive_instances() -> None:
    """An interface that is not deleted with its instance is free again; moto keeps it attached to the terminated."""
    from moto.ec2.models.instances import Instance  # noqa: PLC0415

    terminate: Callable[[Any], Any] = Instance.terminate

    def terminate_and_detach(instance: Any) -> Any:
        before = terminate(instance)
        interfaces = dict(instance.nics)
        for interface in interfaces.values():
            if not interface.delete_on_termination:
                instance.detach_eni(interface)
        # Whoever describes a terminated instance reads its address there.
        instance.nics = interfaces
        return before

    mended: Any = Instance
    mended.terminate = terminate_and_detach


def let_delete_markers_go() -> None:
    """A bucket that is no longer versioned can be emptied of delete markers; moto answers 500."""
    from moto.s3.models import FakeDeleteMarker  # noqa: PLC0415

    def dispose(marker: Any) -> None:
        del marker

    mended: Any = FakeDeleteMarker
    mended.dispose = dispose


def remember_descriptions() -> None:
    """A rule between security groups has its description; moto forgets it."""
    from moto.ec2.models.security_groups import SecurityGroupRule  # noqa: PLC0415

    def description(rule: Any) -> str | None:
        return rule.ip_range.get("Description") or rule.source_group.get("Description")

    mended: Any = SecurityGroupRule
    mended.description = property(description)


def main() -> None:
    let_interfaces_outlive_instances()
    let_delete_markers_go()
    remember_descriptions()
    with emulated_aws(int(sys.argv[1])) as address:
        sys.stdout.write(f"An emulated AWS listens on {address}\n")
        sys.stdout.flush()
        threading.Event().wait()


if __name__ == "__main__":
    main()
