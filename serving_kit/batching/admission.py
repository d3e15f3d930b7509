"""Which requests are refused at once, because they could only be refused, or answered too late, later on."""

from serving_kit.batching.cost import RunCosts
from serving_kit.batching.executor import Demand
from serving_kit.errors import Overloaded


class Admission:
    """Lets in what can be answered: at most `limit` requests at a time, each while it can still meet its deadline."""

    def __init__(self, limit: int, lanes: int, costs: RunCosts) -> None:
        self._limit = limit
        self._lanes = lanes
        self._costs = costs

    def check_room(self, unanswered: int) -> None:
        """Raise Overloaded, naming the limit, where so many requests are under way."""
        if unanswered >= self._limit:
            raise Overloaded(f"{self._limit} requests are already waiting for this model; try again later")

    def check_time(self, demand: Demand, now: float, ahead: int) -> None:
        """Raise Overloaded where the requests ahead are measured to take longer than this one allows."""
        if demand.deadline_at is None or not ahead:
            return
        allowed_s = demand.deadline_at - now
        wait_s = ahead * self._costs.request_s / self._lanes
        if 0 < allowed_s < wait_s:
            raise Overloaded(
                f"the {ahead} requests before this one take about {wait_s:.2g} s and it allows {allowed_s:.2g} s; "
                "allow more time or try again later"
            )
