"""What a batch would do: how many documents are to be asked about, and what that may take. Asks nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from extractor.errors import SourceError
from extractor.ledger import History, Ledger
from extractor.lines import to_json
from extractor.long import outlook
from extractor.options import Options
from extractor.plan import text_digest
from extractor.prompt import messages, voice_for
from extractor.requests import estimate_chat
from extractor.scopes import Scope, Scopes, scopes_of
from extractor.sources import Source, load
from extractor.text import estimate_tokens
from extractor.types import Document, Schema, Usage

_TEXT, _OTHER, _KEY = 12, 4, 3  # tokens of a value and of its key, a guess
_CHARACTERS = 8  # of the longest text that a schema allows, for a token that is written
_LONG_TEXT = 200
_ITEMS = 4  # of a list
_DEEPEST = 6
_READ = 5  # tokens that are read in the time of one that is written: 4 to 6 on processors
_MOST_TOLD = 5  # sources that cannot be read


@dataclass(slots=True)
class Survey:
    """Counts of documents, and tokens by estimate, of those that would be asked about.

    `twins` have a text that an earlier one has, which is asked about once. A long text takes several `questions`, as a
    big schema does, `most_questions` are those of one document. `basis` says what the tokens to be written
    are told by; `seconds` is None where no run with this plan has been.
    """

    new: int = 0
    kept: int = 0
    failed: int = 0
    unanswered: int = 0
    unread: int = 0
    twins: int = 0
    to_ask: int = 0
    questions: int = 0
    most_questions: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    seconds: float | None = None
    basis: str = ""
    unreadable: list[str] = field(default_factory=list)  # the first of them, why

    @property
    def documents(self) -> int:
        """All of them."""
        return self.new + self.kept + self.failed + self.unanswered + self.unread + self.twins

    @property
    def usage(self) -> Usage:
        """The tokens by estimate."""
        return Usage(self.input_tokens, 0, self.output_tokens)


def survey(
    sources: Iterable[Source], schema: Schema, options: Options, ledger: Ledger | None, *, retries_failed: bool
) -> Survey:
    """What a run over the sources would do; `ledger` looks at the plan of the run."""
    found, seen = Survey(), set[bytes]()
    guess = guess_tokens(schema)
    around = estimate_chat(messages(Document("", ""), schema, voice_for("", options.style)))
    for source in sources:
        try:
            text = load(source).text
        except SourceError as error:
            found.unread += 1
            found.unreadable += [str(error)] if found.unread <= _MOST_TOLD else []
            continue
        key = text_digest(text)
        if key in seen:
            found.twins += 1
            continue
        seen.add(key)
        if _is_asked(found, ledger, key, retries_failed=retries_failed):
            found.to_ask += 1
            ahead = outlook(schema, options, text)
            found.questions += ahead.questions
            found.most_questions = max(found.most_questions, ahead.questions)
            found.input_tokens += ahead.questions * around + ahead.read
            found.output_tokens += round(ahead.records * guess)
    history = ledger.history() if ledger else History(0, None, 0.0, 0.0)
    if history.output_tokens:
        found.output_tokens = round(found.to_ask * history.output_tokens)
    found.basis = f"as the {history.documents:,} done so far" if history.documents else "a guess by the schema"
    found.seconds = _seconds(found, history)
    return found


def _seconds(found: Survey, history: History) -> float | None:
    """As long as the earlier documents took, by their tokens; None where there were none."""
    before = history.input_tokens / _READ + history.output_tokens
    if history.seconds is None or not before:
        return None
    return history.seconds * (found.input_tokens / _READ + found.output_tokens) / before


def _is_asked(found: Survey, ledger: Ledger | None, key: bytes, *, retries_failed: bool) -> bool:
    """Count a text by what the ledger says of it; whether it would be asked about."""
    kept = ledger.get(key, "") if ledger else None
    if kept is None:
        found.new += 1
        return True
    found.kept += kept.state == "done"
    found.failed += kept.state == "failed"
    found.unanswered += kept.state == "unanswered"
    return kept.is_due(retries_failed=retries_failed)


def guess_tokens(schema: Schema) -> int:
    """Tokens of a record, a guess by its properties; by its examples where it has some."""
    if schema.examples:
        return round(sum(estimate_tokens(to_json(one.value)) for one in schema.examples) / len(schema.examples))
    scopes = scopes_of(schema)
    return _guess(scopes, scopes.root, 0)


def _guess(scopes: Scopes, scope: Scope, depth: int) -> int:
    if depth > _DEEPEST:
        return _OTHER
    if scope.properties:
        return sum(_KEY + _guess(scopes, scopes.of(inner), depth + 1) for inner in scope.properties.values())
    if "array" in scope.kinds:
        return _ITEMS * _guess(scopes, scopes.of(scope.items), depth + 1)
    if "string" not in scope.kinds:
        return _OTHER
    longest = max((part.get("maxLength", 0) for part in scope.parts), default=0)
    return max(_TEXT, min(longest // _CHARACTERS, _LONG_TEXT))
