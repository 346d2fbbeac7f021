"""The driver's side: a worker on each node, a place in one of them for each document, and what happens when one dies.

A document is asked again where its worker is lost, since it may not be the one to blame. The last time it is alone
there: one that kills its worker even so is a failed record, and those that were beside it are not.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from extractor import __version__
from extractor.cluster.job import Answer, Job, Opened, order
from extractor.cluster.link import Broken, Link, Lost, Node
from extractor.cluster.pool import Pool, Post
from extractor.errors import EngineError, EngineUnavailable, ExtractError
from extractor.types import Document, Extraction, Problem

_TRIES = 3  # of a document that loses its worker, and of a node whose worker does not start
_LOOK = 1.0  # seconds between looks at the nodes
_PATIENCE = 60.0  # seconds without any worker
_GOODBYE = 5.0  # seconds for engines to end


@asynccontextmanager
async def open_cluster(address: str, job: Job, *, patience: float = _PATIENCE) -> AsyncGenerator[Cluster, None]:
    """The cluster at `ray` or `ray://HOST:PORT`; nothing is connected to before the first document.

    `patience` is in seconds: for so long a run waits for a node when it has none. Raises `UsageError` where Ray is not
    installed.
    """
    cluster = Cluster(Link(address), job, patience)
    try:
        yield cluster
    finally:
        await cluster.aclose()


class Cluster:
    """Workers on the nodes of a cluster. Nodes that join get one; those that go are not waited for."""

    def __init__(self, link: Link, job: Job, patience: float = _PATIENCE) -> None:
        self._link = link
        self._job = job
        self._order = order(job)
        self._patience = patience
        self._pool = Pool()
        self._opening: dict[str, asyncio.Task[None]] = {}  # by node
        self._is_there: set[str] = set()  # nodes whose worker is a process, and opens its engine
        self._failures: dict[str, int] = {}
        self._left_out: dict[str, ExtractError] = {}
        self._fault: ExtractError | None = None
        self._told: set[str] = set()
        self._watching: asyncio.Task[None] | None = None
        self._changed = asyncio.Condition()
        self._look = asyncio.Event()
        self._one_alone = asyncio.Lock()
        self._known: Opened | None = None  # the last that was opened

    @property
    def slots(self) -> int:
        """Documents at once over all workers, which changes as nodes come and go; 1 before there is any."""
        return max(self._pool.slots, 1)

    async def ready(self) -> None:
        """Connect, and wait for the first worker; raises what ends the run."""
        self._watch()
        async with self._changed:
            await self._changed.wait_for(lambda: self._fault or self._pool.has_open)
        if self._fault:
            raise self._fault

    async def ask(self, document: Document) -> Extraction:
        """The record of a document; raises what ends a run, as `extract` does."""
        self._watch()
        why = ""
        for at_last in (*(False,) * (_TRIES - 1), True):
            try:
                return await (self._alone(document) if at_last else self._beside(document))
            except Lost as error:
                why = str(error)
        return self._failed(document, Problem("", _lost(why), kind=EngineUnavailable.__name__))

    async def aclose(self) -> None:
        """End the workers, and the connection; what is under way is lost."""
        tasks = [task for task in (self._watching, *self._opening.values()) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        posts = list(self._pool.posts.values())
        await asyncio.gather(*map(self._part, posts))
        if self._watching:
            await asyncio.to_thread(self._link.close)

    # --- a document ---

    async def _beside(self, document: Document) -> Extraction:
        return await self._asked(await self._place(self._pool.take), document)

    async def _alone(self, document: Document) -> Extraction:
        async with self._one_alone:
            try:
                return await self._asked(await self._place(self._pool.take_alone), document)
            finally:
                self._pool.open_to_all()
                await self._notify()

    async def _asked(self, post: Post, document: Document) -> Extraction:
        try:
            answer: Answer = await self._link.result(post.worker.answer.remote(document))
        except Broken as error:
            return self._failed(document, Problem("", str(error), kind=str(error).partition(":")[0]))
        except Lost:
            self._lose(post)
            raise
        finally:
            self._pool.give_back(post)
            await self._notify()
        self._tell(answer.notes)
        if answer.fault:
            raise answer.fault
        assert answer.record is not None
        return answer.record

    async def _place(self, take: Any) -> Post:
        async with self._changed:
            while True:
                if self._fault:
                    raise self._fault
                if post := take():
                    return post  # type: ignore[no-any-return]
                await self._changed.wait()

    def _failed(self, document: Document, problem: Problem) -> Extraction:
        assert self._known is not None
        known = self._known
        return Extraction(document.source, None, self._job.schema.id, known.engine, known.mode, errors=(problem,))

    # --- workers ---

    def _watch(self) -> None:
        """Begin with the first document."""
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch_nodes())

    async def _watch_nodes(self) -> None:
        """Keep a worker on each node that should have one, until there is a fault that ends the run."""
        try:
            await asyncio.to_thread(self._link.connect)
            alive_at = time.monotonic()
            while self._fault is None:
                self._staff(await asyncio.to_thread(self._link.nodes))
                if self._pool.has_open or self._is_there:
                    alive_at = time.monotonic()
                elif time.monotonic() - alive_at > self._patience:
                    self._end(self._deserted())
                await self._look_again()
        except ExtractError as error:
            self._end(error)
        except Exception as error:  # noqa: BLE001  # whoever waits for a place must not wait for ever
            self._end(EngineError(f"the cluster: {type(error).__name__}: {error}"))
        await self._notify()

    async def _look_again(self) -> None:
        await self._notify()
        self._look.clear()
        try:
            async with asyncio.timeout(_LOOK):
                await self._look.wait()
        except TimeoutError:
            pass

    def _staff(self, nodes: list[Node]) -> None:
        """Start a worker where one is missing, and forget those whose node is gone."""
        alive = {node.id: node for node in nodes}
        for post in [post for post in self._pool.posts.values() if post.node.id not in alive]:
            self._lose(post)
        for gone in self._opening.keys() - alive.keys():
            self._opening.pop(gone).cancel()
            self._is_there.discard(gone)
        for node in self._wanted(nodes):
            if node.id not in self._pool.posts and node.id not in self._opening:
                worker = self._link.start(node, takes_all=self._job.is_everywhere)
                self._opening[node.id] = asyncio.create_task(self._open(node, worker))

    def _wanted(self, nodes: list[Node]) -> list[Node]:
        """The nodes that should have a worker; an endpoint is asked by one, as long as that is there."""
        able = [node for node in nodes if node.id not in self._left_out]
        if self._job.is_everywhere:
            return [node for node in able if node.cores >= 1]
        held = [node for node in able if node.id in self._pool.posts or node.id in self._opening]
        return (held or sorted(able, key=lambda node: -node.cores))[:1]

    async def _open(self, node: Node, worker: Any) -> None:
        """Open the engine of a worker; what becomes of the node."""
        try:
            opened = await self._opened(node, worker)
        except BaseException:  # cancelled
            self._link.kill(worker)
            raise
        finally:
            self._is_there.discard(node.id)
            self._opening.pop(node.id, None)
            self._look.set()
        if isinstance(opened, Opened):
            self._known = opened
            self._failures.pop(node.id, None)
            self._tell(opened.notes)
            self._pool.posts[node.id] = Post(node, worker, opened)
        else:
            self._link.kill(worker)
            if opened:
                self._leave_out(node, opened)
        await self._notify()

    async def _opened(self, node: Node, worker: Any) -> Opened | ExtractError | None:
        """What a worker says of its engine; None where it is to be tried again."""
        cores = int(node.cores) if self._job.is_everywhere else 0
        try:
            await self._link.result(worker.ping.remote())
            self._is_there.add(node.id)
            return await self._link.result(worker.open.remote(__version__, self._order, cores))  # type: ignore[no-any-return]
        except (Lost, Broken) as error:
            self._failures[node.id] = self._failures.get(node.id, 0) + 1
            if self._failures[node.id] < _TRIES:
                return None
            hint = "is the same version of 'extractor[ray]' installed there?"
            return EngineUnavailable(f"{node.host}: no worker starts: {error!s:.300}", hint=hint)

    def _leave_out(self, node: Node, error: ExtractError) -> None:
        """A node that has no use; where no other one works or is about to, that ends the run."""
        self._left_out[node.id] = error
        if self._pool.posts or self._opening:
            self._tell((f"{node.host} is left out: {error}",))
        else:
            self._end(error)

    def _lose(self, post: Post) -> None:
        """A worker does not answer any more: the node gets another one."""
        if self._pool.posts.get(post.node.id) is post:
            del self._pool.posts[post.node.id]
            self._link.kill(post.worker)
            self._tell((f"{post.node.host}: its worker is lost, what it had under way is asked again",))
            self._look.set()

    async def _part(self, post: Post) -> None:
        try:
            async with asyncio.timeout(_GOODBYE):
                await self._link.result(post.worker.close.remote())
        except (TimeoutError, Lost, Broken):
            pass
        self._link.kill(post.worker)

    # --- what is told ---

    def _end(self, error: ExtractError) -> None:
        self._fault = self._fault or error

    def _deserted(self) -> ExtractError:
        """No worker, for too long."""
        if self._left_out:
            return next(iter(self._left_out.values()))
        what = f"the cluster: no node with free cores for {self._patience:g} s"
        hint = "`ray status` shows nodes and cores; what is done is kept, rerun when there are some"
        return EngineUnavailable(what, hint=hint, is_unreachable=True)

    def _tell(self, notes: tuple[str, ...]) -> None:
        """Pass on what is new; every worker says the same."""
        for note in notes:
            if note not in self._told:
                self._told.add(note)
                self._job.access.on_note(note)

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()


def _lost(why: str) -> str:
    return f"its worker died {_TRIES} times with this document, the last time alone with it: {why:.300}"
