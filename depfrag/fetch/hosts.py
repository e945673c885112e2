"""What a run has learned of each host: whether to wait before asking it again, whether to ask it at all."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class _Host:
    """One host so far."""

    def __init__(self) -> None:
        self.answered = False
        self.failures = 0
        self.until = 0.0
        self.gone: str | None = None


class Hosts:
    """Shared by all threads of a run. A host that cannot be reached, or fails again and again, is given up: a thousand
    requests would else wait for it one by one."""

    def __init__(self, failures: int, notify: Callable[[str], None]) -> None:
        self._most, self._notify = failures, notify
        self._hosts: dict[str, _Host] = {}
        self._lock = threading.Lock()

    def gone(self, host: str) -> str | None:
        """Why the host is not asked any more; None while it is."""
        with self._lock:
            return self._of(host).gone

    def answered(self, host: str) -> None:
        """It gave an answer that counts, if only that there is no such thing."""
        with self._lock:
            known = self._of(host)
            known.answered, known.failures = True, 0

    def failed(self, host: str, why: str, *, reached: bool) -> None:
        """A request to it came to nothing, after all attempts; `reached` where something did answer."""
        with self._lock:
            known = self._of(host)
            known.failures += 1
            if known.failures >= self._most or not (reached or known.answered):
                self._give_up(host, why)

    def give_up(self, host: str, why: str) -> None:
        """It is not worth another request in this run."""
        with self._lock:
            self._give_up(host, why)

    def pause(self, host: str, until: float) -> None:
        """Nobody is to ask it before `until`."""
        with self._lock:
            known = self._of(host)
            known.until = max(known.until, until)

    def until(self, host: str) -> float:
        """When it may be asked again."""
        with self._lock:
            return self._of(host).until

    def _of(self, host: str) -> _Host:
        return self._hosts.setdefault(host, _Host())

    def _give_up(self, host: str, why: str) -> None:
        known = self._of(host)
        if known.gone is None:
            known.gone = why
            self._notify(f"{host} is not asked again: {why}")
