"""A thread of its own for work that blocks: one thing after the other, each to its end.

The threads of an executor are waited for when the interpreter ends, however long they take; this one is not.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, TypeVar

from extractor.errors import EngineError

T = TypeVar("T")

Job = tuple[Future[Any], Callable[[], Any]]


class Worker:
    """Does what it is given in the order of `submit`; the thread starts with the first job."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._closed = False
        self._guard = threading.Lock()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Queue a job; one that has not begun can be cancelled. `EngineError` where the worker is closed."""
        future: Future[T] = Future()
        with self._guard:
            if self._closed:
                raise EngineError(f"{self.name} is closed")
            self._jobs.put((future, work))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
                self._thread.start()
        return future

    def close(self, seconds: float) -> None:
        """Take no more jobs, and wait some seconds for the end of those that are there."""
        with self._guard:
            self._closed = True
            self._jobs.put(None)
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(seconds)

    def _run(self) -> None:
        while job := self._jobs.get():
            _settle(*job)
            del job  # what it holds would stay until the next one


def _settle(future: Future[Any], work: Callable[[], Any]) -> None:
    if future.set_running_or_notify_cancel():
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001  # belongs to whoever waits for it
            future.set_exception(error)
