"""How long to wait before a process that died is started again."""

_LONG_S = 60.0
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0


class RestartPause:
    """Grows with every early death in a row: one death is replaced at once, a model that kills its worker not for ever.

    A process that lived for a minute has proven itself, and the count begins anew.
    """

    def __init__(self) -> None:
        self._early_deaths = 0

    def pause_s(self, lived_s: float) -> float:
        """Return the seconds to wait after a process died that had lived for so long: 0, 1, 2, 4, ... at most 30."""
        self._early_deaths = 0 if lived_s >= _LONG_S else self._early_deaths + 1
        if self._early_deaths <= 1:
            return 0.0
        return float(min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(self._early_deaths - 2, 16)))
