"""Many documents: some are asked at once, answered in the order of the input, and each is kept in the ledger when done.

What the ledger has is not asked again. A run can be stopped at any document: those under way are finished first.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from extractor.errors import BudgetSpent, EngineUnavailable, ExtractError, SourceError, TooManyFailed
from extractor.ledger import Ledger, State
from extractor.lines import Line, to_json
from extractor.long import Memo, extract
from extractor.options import Options
from extractor.ordering import Places, in_order
from extractor.pipeline import unread
from extractor.plan import text_digest
from extractor.pointers import joined
from extractor.readers import Readers
from extractor.sources import Source
from extractor.text import is_known, main_script
from extractor.types import Document, Engine, Extraction, Schema

_HOPELESS = 10  # documents in a row without an answer
_SAMPLE = 20  # documents that a share of them is told by

_HINT = "what is in the ledger is not asked again: mend the cause, and run the same command once more"

Origin = Literal["asked", "kept", "twin", "unread"]
Ask = Callable[[Document, Memo | None], Awaitable[Extraction]]


@dataclass(frozen=True, slots=True)
class Inquiry:
    """What is asked of every document, and of whom.

    `ask` takes the place of `extract`, for engines that are not ready yet or not in this process. `languages` are what
    the weights know (ISO 639-1): a text in another script gets a note.
    """

    schema: Schema
    engine: Engine
    options: Options
    languages: Sequence[str] = ()
    ask: Ask | None = None

    async def record(self, document: Document, memo: Memo | None = None) -> Extraction:
        """The record of a document; `memo` has what is known of its parts.

        What nobody foresaw is an error of this document: the others go on. Raises what ends a run.
        """
        document = _with_language_note(document, self.engine.id, self.languages)
        try:
            if self.ask is not None:
                return await self.ask(document, memo)
            return await extract(document, self.schema, self.engine, self.options, memo)
        except ExtractError:
            raise
        except Exception as error:  # noqa: BLE001
            return self.unread(document.source, error)

    def unread(self, source: str, error: Exception) -> Extraction:
        """The record of a source that gave nothing but an error."""
        return unread(source, error, self.schema, self.engine, self.options)


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How many documents may fail before a run ends: a number, or a share of those that are done (0.1); None: all.

    `dead` ends it at once: so many documents in a row to which nobody answered.
    """

    failed: int | None = None
    share: float | None = None
    dead: int | None = _HOPELESS


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a source: its line, where that comes from, and the record and document where they are of this run.

    A `twin` has the text of a document that this run has asked about already.
    """

    line: Line
    origin: Origin
    state: State
    record: Extraction | None = None
    document: Document | None = None


@dataclass(slots=True)
class Tally:
    """Counts of a run, and the exit code that follows from them.

    `kept` are those out of the ledger, `twins` those with a text that the run has asked about already. Of `failed` some
    are `unanswered`, some are `unread`, and `kept_failed` failed in an earlier run.
    """

    done: int = 0
    kept: int = 0
    twins: int = 0
    failed: int = 0
    unanswered: int = 0
    unread: int = 0
    kept_failed: int = 0
    left: int = 0  # begun, and not done when the run ended
    first_left: str = ""

    @property
    def asked(self) -> int:
        """Documents that the engine was asked about."""
        return self.done - self.kept - self.twins - self.unread

    def add(self, outcome: Outcome) -> None:
        """Count a document."""
        self.done += 1
        self.kept += outcome.origin == "kept"
        self.twins += outcome.origin == "twin"
        self.unread += outcome.origin == "unread"
        self.failed += outcome.state != "done"
        self.unanswered += outcome.state == "unanswered"
        self.kept_failed += outcome.origin == "kept" and outcome.state != "done"

    def leave(self, source: Source) -> None:
        """Count a document that was not done."""
        self.left += 1
        self.first_left = self.first_left or source.label

    @property
    def exit_code(self) -> int:
        """0 all valid, 1 some failed, 3 the engine answered none."""
        if self.done and self.unanswered == self.done:
            return EngineUnavailable.exit_code
        return 1 if self.failed or self.left else 0


class Batch:
    """One run over many documents. `limit` is how many of them are under way at once, asked each time.

    With a ledger, what is in it is not asked; what failed there is, if `retries_failed`. A text that is being asked
    about already is not asked twice.
    """

    def __init__(
        self,
        inquiry: Inquiry,
        limit: Callable[[], int],
        *,
        ledger: Ledger | None = None,
        retries_failed: bool = False,
        tolerance: Tolerance | None = None,
    ) -> None:
        self._inquiry = inquiry
        self.tally = Tally()
        self.ended_by: BaseException | None = None
        self._ledger = ledger
        self._retries_failed = retries_failed
        self._tolerance = tolerance or Tolerance()
        self._in_vain = 0  # documents in a row to which nobody answered
        self._places = Places(limit)
        self._readers = Readers()
        self._asking = _Clock()
        self._tasks: dict[asyncio.Task[Any], str] = {}  # with what is called so
        self._pending: dict[bytes, asyncio.Future[None]] = {}
        self._fault: Exception | None = None

    @property
    def seconds(self) -> float:
        """Seconds in which at least one document was asked about."""
        return self._asking.seconds

    @property
    def under_way(self) -> list[str]:
        """The documents that are begun and not done, the oldest first."""
        return [*self._tasks.values()]

    async def outcomes(self, sources: Iterable[Source], *, are_slow: bool = False) -> AsyncGenerator[Outcome, None]:
        """What becomes of each source, in their order; only those under way are in memory.

        Where sources are slow to come (out of a pipe), they are waited for beside the others. Ends early after `stop`,
        and `ended_by` says why. Raises what no other document would escape.
        """
        try:
            coming = self._readers.beside(sources) if are_slow else sources
            has_gap = False  # what comes behind one is in the ledger, and the output has no holes
            async for outcome in in_order(coming, self._begin, self._places):
                has_gap = has_gap or (outcome is None and self._ledger is not None)
                if outcome is not None and not has_gap:
                    yield outcome
        except asyncio.CancelledError:
            if self._fault is None:
                raise
        finally:
            self._readers.close()
        if self._fault is not None:
            raise self._fault

    def stop(self, why: BaseException) -> None:
        """Begin no more documents; those under way are finished."""
        self.ended_by = self.ended_by or why
        self._places.close()
        if end := getattr(self._inquiry.engine, "end", None):
            end()  # what only waits for its turn has asked nothing yet

    def _abort(self, fault: Exception) -> None:
        """End at once."""
        self._fault = self._fault or fault
        self._places.close()
        for task in self._tasks:
            task.cancel()

    # --- one document ---

    def _begin(self, source: Source) -> Outcome | Coroutine[Any, Any, Outcome | None] | None:
        """What becomes of a source, where that can be said at once; else the work for it."""
        if not self._readers.are_quick(source):
            return self._do(source)
        try:
            document = self._readers.load_now(source)
        except SourceError as error:
            return self._unread(source, error)
        if self._ledger is None:
            return self._do(source, document)
        key = text_digest(document.text)
        return self._kept(document, key) or self._do(source, document, key)

    async def _do(self, source: Source, document: Document | None = None, key: bytes | None = None) -> Outcome | None:
        """What becomes of a source; None where it has to be left."""
        task, outcome = asyncio.current_task(), None
        assert task is not None
        self._tasks[task] = source.label
        try:
            with self._asking:
                outcome = await self._outcome(document or await self._readers.load(source), key)
        except SourceError as error:
            outcome = self._unread(source, error)
        except BudgetSpent as error:
            self.stop(error)
        except Exception as error:  # noqa: BLE001  # it is raised where the outcomes are asked for
            self._abort(error)
        finally:
            del self._tasks[task]
            if outcome is None:
                self.tally.leave(source)
        return outcome

    async def _outcome(self, document: Document, key: bytes | None) -> Outcome:
        if self._ledger is None:
            return self._asked(document, await self._record(document))
        key = key or text_digest(document.text)
        while key in self._pending:
            await asyncio.wait([self._pending[key]])
        if (found := self._kept(document, key)) is not None:
            return found
        self._pending[key] = asyncio.get_running_loop().create_future()
        try:
            record = await self._record(document, self._ledger.parts(key))
            line = Line.of(record)
            self._ledger.put(key, line, _state_of(record))
        finally:
            self._pending.pop(key).set_result(None)
        return self._asked(document, record, line)

    async def _record(self, document: Document, memo: Memo | None = None) -> Extraction:
        """The record of a document's text, without what is told of its source alone."""
        return await self._inquiry.record(replace(document, notes=()) if document.notes else document, memo)

    # --- what became of it ---

    def _kept(self, document: Document, key: bytes) -> Outcome | None:
        """The record of the ledger, where it counts."""
        kept = self._ledger.get(key, document.source) if self._ledger else None
        if kept is None or (kept.is_due(retries_failed=self._retries_failed) and not kept.is_fresh):
            return None
        outcome = Outcome(_of_document(kept.line, document), "twin" if kept.is_fresh else "kept", kept.state)
        self.tally.add(outcome)
        return outcome

    def _asked(self, document: Document, record: Extraction, line: Line | None = None) -> Outcome:
        if document.notes:
            record = replace(record, notes=joined({"": "; ".join(document.notes)}, record.notes))
            line = None
        outcome = Outcome(line or Line.of(record), "asked", _state_of(record), record, document)
        self.tally.add(outcome)
        self._in_vain = self._in_vain + 1 if outcome.state == "unanswered" else 0
        if self._tolerance.dead is not None and self._in_vain >= self._tolerance.dead:
            self._abort(self._dead(record))
        self._bear()
        return outcome

    def _unread(self, source: Source, error: SourceError) -> Outcome:
        record = self._inquiry.unread(source.label, error)
        outcome = Outcome(Line.of(record), "unread", "failed", record)
        self.tally.add(outcome)
        self._bear()
        return outcome

    def _bear(self) -> None:
        """Stop where more documents failed than is tolerated; those that failed in earlier runs do not count."""
        failed, tolerance = self.tally.failed - self.tally.kept_failed, self._tolerance
        done = self.tally.done - self.tally.kept - self.tally.twins
        is_share = tolerance.share is not None and done >= _SAMPLE and failed > tolerance.share * done
        if is_share or (tolerance.failed is not None and failed > tolerance.failed):
            self.stop(TooManyFailed(f"{failed} of {done} documents failed", hint=self._hint))

    def _dead(self, record: Extraction) -> EngineUnavailable:
        last = next(problem for problem in record.errors if problem.kind == EngineUnavailable.__name__)
        what = f"no answer to {self._in_vain} documents in a row, the last: {last.message}"
        return EngineUnavailable(what, hint="\n".join(filter(None, (last.hint, self._hint))) or None)

    @property
    def _hint(self) -> str | None:
        return _HINT if self._ledger else None


class _Clock:
    """Seconds in which anything was inside of it."""

    def __init__(self) -> None:
        self._inside = 0
        self._since = self._before = 0.0

    @property
    def seconds(self) -> float:
        """Up to now."""
        return self._before + (time.monotonic() - self._since if self._inside else 0.0)

    def __enter__(self) -> None:
        if not self._inside:
            self._since = time.monotonic()
        self._inside += 1

    def __exit__(self, *_: object) -> None:
        self._inside -= 1
        if not self._inside:
            self._before += time.monotonic() - self._since


def _state_of(record: Extraction) -> State:
    if record.ok:
        return "done"
    return "unanswered" if any(one.kind == EngineUnavailable.__name__ for one in record.errors) else "failed"


def _of_document(line: Line, document: Document) -> Line:
    """A line of the ledger, which knows only the text, with what is told of its source."""
    if not document.notes:
        return line
    fields = line.fields
    return replace(line, rest=to_json(fields | {"notes": joined({"": "; ".join(document.notes)}, fields["notes"])}))


def _with_language_note(document: Document, engine: str, languages: Sequence[str]) -> Document:
    script = main_script(document.text)
    if script is None or is_known(script, languages):
        return document
    note = f"the text is mostly {script}, which {engine} was not trained on ({', '.join(languages)} only)"
    return replace(document, notes=(*document.notes, note))
