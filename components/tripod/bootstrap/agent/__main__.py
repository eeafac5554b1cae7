"""``python3 -m agent boot``: bring an instance from its first boot to its role."""

import json
import sys
from pathlib import Path

HOME = Path("/opt/tripod")


def main() -> int:
    """Say what the instance is. Its role's phases are not part of this release."""
    boot = json.loads((HOME / "boot.json").read_text())
    print(f"tripod: boot: {boot['role']} {boot['name']}: this release brings no phases", flush=True)  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
