"""The boot stub as an instance has it, loaded without running it."""

import base64
import importlib.util
import tempfile
from pathlib import Path
from typing import Any

from tripod.bootstrap.agent.instance.documents import BootPointers
from tripod.bootstrap.user_data import user_data
from tripod.storage.layout import TOPOLOGY_KEY, archive_key, document_key

POINTERS = BootPointers(
    role="etcd",
    name="0-0",
    region="us-west-2",
    payload="https://demo-payload.s3.us-west-2.amazonaws.com",
    agent=archive_key("a" * 64),
    document=document_key("etcd", "b" * 64),
    topology=TOPOLOGY_KEY,
)

LONGEST = BootPointers(
    role="control-plane",
    name="w" * 20,
    region="ap-southeast-5",
    payload="https://" + "b" * 63 + ".s3.ap-southeast-5.amazonaws.com.cn",
    agent=archive_key("a" * 64),
    document=document_key("workers-" + "w" * 20, "b" * 64),
    topology=TOPOLOGY_KEY,
)


def text(pointers: BootPointers) -> str:
    return base64.b64decode(user_data(pointers)).decode()


def loaded(pointers: BootPointers) -> Any:
    """The stub as a module, `main` not run."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "user_data.py"
        file.write_text(text(pointers))
        spec = importlib.util.spec_from_file_location("user_data", file)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module
