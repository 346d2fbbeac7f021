"""What `extract batch` tells people: what fails as it happens, counts at the end, and what a run would do."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict
from pathlib import Path

from extractor.batch import Outcome, Tally
from extractor.brevity import counted
from extractor.cli.progress import State, spell_seconds
from extractor.cli.terminal import Screen
from extractor.models import Progress
from extractor.survey import Survey

_MOST_TOLD = 20  # documents that failed


class Repeats:
    """Records that have the id of another one: the first of them, and how many there are."""

    def __init__(self) -> None:
        self._first: tuple[str, str, str] | None = None
        self._more = 0

    def add(self, name: str, first: str, again: str) -> None:
        """Count one: its id, where that was first, and where it is."""
        self._more += self._first is not None
        self._first = self._first or (name, first, again)

    def tell(self, screen: Screen) -> None:
        """Say once that there are such: a reader of the output cannot tell them apart."""
        if self._first is None:
            return
        name, first, again = self._first
        more = f"; {self._more:,} more have the id of another one" if self._more else ""
        screen.warn(f"the id {name!r:.80} is not unique: {first} and {again} have it{more}")


class Told:
    """What there is to tell of a run: each document that failed or has notes, and at the end the whole."""

    def __init__(self, screen: Screen, out: Path | None, ledger: Path | None) -> None:
        self.written = 0  # values or rows
        self.repeats = Repeats()
        self._screen = screen
        self._out = out
        self._ledger = ledger
        self._state: State | None = None
        self._failed: list[str] = []  # the first of them
        self._noted = 0

    @property
    def state(self) -> State:
        """The run as it is now."""
        assert self._state is not None
        return self._state

    def begin(self, state: State) -> None:
        """The run begins."""
        self._state = state
        if self._out is not None and self._ledger is not None:
            self._screen.note(f"answers are kept in {self._ledger}")

    def fetching(self, now: Progress) -> None:
        """Show how far a download is."""
        share = f" {now.done / now.total:.0%}" if now.total else ""
        self.waiting(f"{now.stage}{share}")

    def waiting(self, text: str) -> None:
        """Say what the first answer waits for."""
        if self._state is not None:
            self._state.stage = text

    def part(self, source: str, done: int, of: int) -> None:
        """Remember how far a long text is."""
        self.state.parts[source] = (done, of)

    def one(self, outcome: Outcome) -> None:
        """Report a document of this run, and remember it where it failed."""
        if not outcome.line.ok and len(self._failed) < _MOST_TOLD:
            self._failed.append(outcome.line.source)
        record, screen = outcome.record, self._screen
        self.state.parts.pop(outcome.line.source, None)
        if screen.as_json:
            fields = outcome.line.fields if record is None else record.to_dict()
            facts = {name: fields[name] for name in _FACTS}
            screen.event("document", source=outcome.line.source, state=outcome.state, of=outcome.origin, **facts)
        elif record is not None:
            self._noted += bool(record.notes or record.conflicts)
            screen.report(record, has_notes=screen.verbose)
        else:
            screen.error(f"{outcome.line.source}: {outcome.line.fault}")

    def at_end(self) -> None:
        """Counts, what was used, the documents that failed, and how to ask for them again."""
        state, screen = self._state, self._screen
        if state is None:
            return
        tally, again = state.batch.tally, self._again(state.batch.tally)
        self.repeats.tell(screen)
        if screen.as_json:
            screen.event("end", **state.facts(), retry=again)
            return
        screen.say(state.summary())
        if state.engine.account.requests:
            screen.say(state.engine.summary)
        if more := tally.failed - len(self._failed):
            self._failed.append(f"and {more:,} more")
        if tally.failed:
            screen.say(f"failed: {', '.join(self._failed)}")
        if self._noted and not screen.verbose:
            screen.note(f"{self._noted:,} records have notes (-v shows them)")
        if self._out and 0 < tally.done == tally.failed and not self.written and not state.batch.ended_by:
            screen.warn(f"there are no data: --out {self._out} is not written")
        if again:
            screen.say(f"to ask for them again: {again}")

    def _again(self, tally: Tally) -> str | None:
        """The command that asks again for what failed; none where nothing was asked, or all would be asked."""
        words = ["extract", *sys.argv[1:]]
        has_bad = tally.failed > tally.unanswered + tally.unread
        if tally.failed == tally.unread or self._ledger is None:
            return None
        return shlex.join([*words, "--retry-failed"] if has_bad and "--retry-failed" not in words else words)


_FACTS = ("mode", "errors", "attempts", "usage", "seconds")


def print_survey(found: Survey, cost: float | None, screen: Screen) -> None:
    """What a run would do."""
    if screen.as_json:
        screen.event("dry-run", documents=found.documents, **asdict(found), cost=cost)
        return
    counts = ((found.new, "new"), (found.kept, "in the ledger"), (found.failed, "failed before"))
    others = (
        (found.unanswered, "without an answer before"),
        (found.twins, "with the text of another one"),
        (found.unread, "cannot be read"),
    )
    told = [f"{number:,} {what}" for number, what in (*counts, *(pair for pair in others if pair[0]))]
    print(f"{counted(found.documents, 'document')}: {', '.join(told)}")
    tokens = f"{found.input_tokens:,} tokens to read and {found.output_tokens:,} to write"
    print(f"to ask about: {found.to_ask:,}{_questions(found)}; about {tokens} ({found.basis})")
    about = "not known before some are done (--limit 10)" if found.seconds is None else spell_seconds(found.seconds)
    price = "not known" if cost is None else "nothing, it runs here" if not cost else f"about {cost:.2f} US dollars"
    print(f"time: {about}; cost: {price}")
    for why in found.unreadable:
        screen.error(why)


def _questions(found: Survey) -> str:
    """', with about 41 questions, 37 of them about one' where documents take more than one each."""
    if found.questions <= found.to_ask:
        return ""
    most = f", {found.most_questions:,} of them about one" if found.to_ask > 1 else ""
    return f", with about {found.questions:,} questions{most}"
