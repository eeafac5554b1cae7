import pytest

from tripod.core.log_retention import log_retention_problems


@pytest.mark.parametrize("days", [1, 90, 3653])
def test_a_period_of_cloudwatch_is_taken(days: int) -> None:
    assert list(log_retention_problems(days, ("days",))) == []


@pytest.mark.parametrize(("days", "remedy"), [(0, "use 1"), (100, "use 90"), (4000, "use 3653")])
def test_another_period_is_answered_with_the_nearest(days: int, remedy: str) -> None:
    (problem,) = log_retention_problems(days, ("days",))
    assert (problem.path, problem.given, problem.remedy) == (("days",), str(days), remedy)
