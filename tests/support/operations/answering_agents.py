"""Agents of nodes as operations reach them: each command is answered by a test's own function."""

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

from tripod.operations.remote import CommandResult


class AnsweringAgents(ABC):
    """A Remote whose subclass answers commands."""

    def run(
        self,
        instance: str,
        command: str,
        arguments: Mapping[str, Any] | None = None,
        seconds: int = 0,  # noqa: ARG002
    ) -> CommandResult:
        answer = self.answer(instance, command, arguments or {})
        if isinstance(answer, CommandResult):
            return answer
        return CommandResult(0, f"tripod: {command}: {json.dumps(dict(answer))}\n")

    @abstractmethod
    def answer(self, instance: str, command: str, arguments: Mapping[str, Any]) -> Mapping[str, Any] | CommandResult:
        """Return what a node's agent reports, or the result of a command that fails."""
