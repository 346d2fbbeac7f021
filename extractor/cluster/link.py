"""The connection to a cluster: all that calls Ray, and keeps it quiet.

Ray prints what it does and what its workers print, counts its users, and takes SIGTERM; stdout is data here, and
signals are ours. It takes them only in the main thread, so `connect` is for another one.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import shutil
import tempfile
from collections.abc import Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from extractor.cluster.worker import Worker
from extractor.errors import EngineUnavailable, UsageError, spell

T = TypeVar("T")

_PORT = 10001  # of a cluster's head, where nobody says otherwise
_STORE = 256_000_000  # bytes of shared memory for what is under way, in a cluster of our own
_TMP = "/tmp"  # noqa: S108  # for folders that get names of their own
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0", "RAY_DEDUP_LOGS": "0"}


class Lost(Exception):
    """A worker is gone, or cannot be reached, with what it had under way."""


class Broken(Exception):
    """What a worker was asked went wrong outside of our own code."""


@dataclass(frozen=True, slots=True)
class Node:
    """A machine of the cluster."""

    id: str
    host: str
    cores: float
    gpus: float


class Link:
    """A connection to the cluster at an address: `ray` is the one that runs here or one of our own, or `ray://…`."""

    def __init__(self, address: str) -> None:
        self._address = _checked(address)
        self._ray = _import()
        self._is_ours = False
        self._folder: str | None = None

    def connect(self) -> None:
        """Connect, or start a cluster of this machine alone (blocks for seconds)."""
        if self._ray.is_initialized():
            return
        self._is_ours = True  # the connection is; what runs at the other end goes on when it ends
        _hush(self._ray, is_heard=False)
        quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
        if (found := self._address or os.environ.get("RAY_ADDRESS")) and found != "local":
            try:
                self._ray.init(address=found, **quiet)
            except Exception as error:  # ConnectionError, and whatever else comes out of grpc
                raise _unreachable(found, error) from error
            return
        if not found and (running := _running()):
            with contextlib.suppress(ConnectionError):  # it ended without a word
                self._ray.init(address=running, **quiet)
                return
        short = _TMP if os.access(_TMP, os.W_OK) else None  # the path of a socket has a hundred characters at most
        self._folder = tempfile.mkdtemp(prefix=f"extract-ray-{os.getpid()}-", dir=short)
        own = {"include_dashboard": False, "object_store_memory": _STORE, "_temp_dir": self._folder}
        self._ray.init(address="local", **own, **quiet)

    def nodes(self) -> list[Node]:
        """The machines that are there now (blocks)."""
        try:
            found = self._ray.nodes()
        except Exception as error:
            raise _unreachable(self._address or "ray", error) from error
        return [
            Node(
                one["NodeID"],
                one.get("NodeManagerHostname") or one["NodeID"][:8],
                float(one.get("Resources", {}).get("CPU", 0)),
                float(one.get("Resources", {}).get("GPU", 0)),
            )
            for one in found
            if one["Alive"]
        ]

    def start(self, node: Node, *, takes_all: bool) -> Any:
        """A worker on a node, with all that the node has or next to nothing of it; it is not awaited."""
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        share = {"num_cpus": node.cores, "num_gpus": node.gpus} if takes_all else {"num_cpus": 0, "num_gpus": 0}
        here = NodeAffinitySchedulingStrategy(node.id, soft=False)
        return self._ray.remote(Worker).options(scheduling_strategy=here, max_restarts=0, **share).remote()

    async def result(self, reference: Any) -> Any:
        """What a worker answers; `Lost` where it is gone, `Broken` where its answer is none."""
        try:
            return await _awaited(reference)
        except asyncio.CancelledError:
            with contextlib.suppress(Exception):
                self._ray.cancel(reference)
            raise
        except self._ray.exceptions.RayTaskError as error:
            raise Broken(spell(getattr(error, "cause", None) or error)) from error
        except (self._ray.exceptions.RayError, ConnectionError) as error:
            raise Lost(" ".join(str(error).split())) from error

    def kill(self, worker: Any) -> None:
        """End a worker at once."""
        with contextlib.suppress(Exception):  # it is gone already
            self._ray.kill(worker)

    def close(self) -> None:
        """Disconnect; a cluster of our own ends (blocks)."""
        if self._is_ours:
            with contextlib.suppress(Exception):
                self._ray.shutdown()
            _hush(self._ray, is_heard=True)
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)


async def _awaited(reference: Awaitable[T]) -> T:
    return await reference


def _checked(address: str) -> str:
    """The address for Ray: 'ray' → '', 'ray://head' → 'ray://head:10001'."""
    if address == "ray":
        return ""
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port or _PORT
    except ValueError:
        host, port = None, 0
    if not host or parts.scheme != "ray" or parts.path.strip("/") or parts.query or parts.username:
        raise UsageError(f"--on {address}: no cluster", hint="ray, or ray://HOST:PORT")
    return f"ray://{f'[{host}]' if ':' in host else host}:{port}"


def _import() -> Any:
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise UsageError("--on ray: Ray is not installed", hint="pip install 'extractor[ray]'") from error
    return ray


def _hush(ray: Any, *, is_heard: bool) -> None:
    """What Ray says of dead nodes goes to stdout, whatever `log_to_driver` is; its own debugger stops that so."""
    ray._private.worker._worker_logs_enabled = is_heard  # noqa: SLF001  # where it is gone, this does nothing


def _running() -> str | None:
    """The address that `ray start` on this machine left behind, where the documentation of `ray.init` says it does."""
    folder = os.environ.get("RAY_TMPDIR") or os.environ.get("TMPDIR") or _TMP
    try:
        return Path(folder, "ray", "ray_current_cluster").read_text().strip() or None
    except OSError:
        return None


def _unreachable(address: str, error: Exception) -> EngineUnavailable:
    said = " ".join(spell(error).split())[:300]
    hint = f"is it `ray start --head` there, and its port open? ({said})"
    return EngineUnavailable(f"the cluster {address} cannot be reached", hint=hint, is_unreachable=True)
