"""Runs tasks on a few threads, so many at once for each host, and gives their results in the order of the tasks."""

from __future__ import annotations

import threading
from collections import Counter, deque
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from depfrag.fetch.limits import Limits

R = TypeVar("R")


class Task(Generic[R]):
    """A piece of work for a host; for none, it is done at once by the thread that asks for the result."""

    def __init__(self, host: str | None, work: Callable[[], R]) -> None:
        self.host, self._work = host, work
        self.done = False
        self._result: R
        self._error: BaseException | None = None

    def run(self) -> None:
        """Does the work and keeps what comes of it, errors too."""
        try:
            self._result = self._work()
        except BaseException as error:  # noqa: BLE001 - raised again where the result is taken
            self._error = error
        self.done = True

    def result(self) -> R:
        """What came of the work."""
        if self._error is not None:
            raise self._error
        return self._result


class Workers:
    """The threads of one round of tasks.

    They are daemons, and not an executor's, because an executor's are waited for when the process ends: an interrupted
    run would hang on the slowest host.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._changed = threading.Condition()
        self._queues: dict[str, deque[Task[Any]]] = {}
        self._active: Counter[str] = Counter()
        self._threads = 0
        self._stopped = False

    def submit(self, host: str, task: Task[Any]) -> None:
        """Has a task done when its turn comes."""
        with self._changed:
            self._queues.setdefault(host, deque()).append(task)
            useful = sum(min(self._limits.per_host, self._active[h] + len(q)) for h, q in self._queues.items())
            if self._threads < min(useful, self._limits.threads):
                self._threads += 1
                threading.Thread(target=self._serve, name="depfrag-fetch", daemon=True).start()
            else:
                self._changed.notify_all()

    def wait(self, task: Task[Any], seconds: float) -> None:
        """Returns when the task is done, or after a while."""
        with self._changed:
            self._changed.wait_for(lambda: task.done, seconds)

    def stop(self) -> None:
        """Begins nothing more; threads end when what they do is done."""
        with self._changed:
            self._stopped = True
            self._queues.clear()
            self._changed.notify_all()

    def _serve(self) -> None:
        while True:
            with self._changed:
                while (chosen := self._next()) is None and not self._stopped:
                    self._changed.wait()
            if chosen is None:
                return
            host, task = chosen
            task.run()
            with self._changed:
                self._active[host] -= 1
                self._changed.notify_all()

    def _next(self) -> tuple[str, Task[Any]] | None:
        """A task whose host has room for it."""
        for host, queue in self._queues.items():
            if queue and self._active[host] < self._limits.per_host:
                self._active[host] += 1
                return host, queue.popleft()
        return None


def in_order(tasks: Iterable[Task[R]], limits: Limits, tick: Callable[[], None]) -> Iterator[R]:
    """The results of `tasks`, in their order; some of the later ones are worked on meanwhile.

    Calls `tick` about once a second while it waits.
    """
    workers = Workers(limits)
    coming = iter(tasks)
    begun: deque[Task[R]] = deque()
    more = True
    try:
        while more or begun:
            if begun and begun[0].done:
                yield begun.popleft().result()
            elif more and len(begun) < limits.ahead:
                task = next(coming, None)
                if task is None:
                    more = False
                else:
                    _begin(task, workers)
                    begun.append(task)
            else:
                workers.wait(begun[0], 1)
                tick()
    finally:
        workers.stop()


def _begin(task: Task[R], workers: Workers) -> None:
    if task.host is None:
        task.run()
    else:
        workers.submit(task.host, task)
