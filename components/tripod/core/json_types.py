"""Types of JSON without a schema: Kubernetes objects, agents' answers, properties in the engine's protocol."""

from collections.abc import Mapping
from typing import Any

JsonObject = dict[str, Any]
"""A JSON object."""

JsonMapping = Mapping[str, Any]
"""A JSON object that is only read."""
