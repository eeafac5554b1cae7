"""Types of JSON without a schema: Kubernetes objects, chart values, agents' answers, the engine's protocol."""

from collections.abc import Mapping
from typing import Any

JsonObject = dict[str, Any]
"""A JSON object. In a program's resources its values may be outputs; keys never are."""

JsonMapping = Mapping[str, Any]
"""A JSON object that is only read."""
