"""The instance's memory."""

import re

from ..core.errors import AgentError
from .host import Host

MEMORY_FILE = "/proc/meminfo"


def memory_mib(host: Host) -> int:
    """Read the memory that the kernel has, in MiB: somewhat less than the instance type's.

    Raises:
        AgentError: the kernel does not say.
    """
    found = re.search(r"^MemTotal:\s+(\d+) kB$", host.read(MEMORY_FILE) or "", re.MULTILINE)
    if not found:
        raise AgentError(f"{MEMORY_FILE} has no MemTotal in kB")
    return int(found[1]) // 1024
