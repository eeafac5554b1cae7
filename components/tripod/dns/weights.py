"""Weights of two sides that share a name: steps up, and one step back."""

from collections.abc import Sequence
from dataclasses import dataclass

ALL = 100
"""The sum of the weights that we set: a weight is a percentage."""


@dataclass(frozen=True)
class Weights:
    """What each side gets.

    Attributes:
        old: the old side's weight.
        new: the new side's weight.
    """

    old: int
    new: int

    @property
    def share(self) -> int | None:
        """The new side's share in percent, of 1 to 99 where both have any; None where no side has weight.

        Route 53 deals names without any weight out evenly, which nobody means.
        """
        total = self.old + self.new
        if total == 0:
            return None
        if 0 in (self.old, self.new):
            return ALL if self.new else 0
        return min(max(round(ALL * self.new / total), 1), ALL - 1)


def weights_at(share: int) -> Weights:
    """The weights that give the new side a share.

    Args:
        share: percent, 0 to 100.

    Raises:
        ValueError: it is none.
    """
    if not 0 <= share <= ALL:
        raise ValueError(f"a share of {share} %")
    return Weights(ALL - share, share)


BACK = weights_at(0)
"""Everything to the old side, from wherever."""


def next_share(steps: Sequence[int], share: int) -> int | None:
    """The share after the next step; None where the new side has everything.

    Args:
        steps: the shares, rising.
        share: the share now, which need not be one of them.
    """
    return next((step for step in steps if step > share), None)
