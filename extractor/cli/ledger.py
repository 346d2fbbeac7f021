"""`extract ledger`: what is kept of earlier runs."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extractor.cli.defaults import App
from extractor.cli.frame import handled
from extractor.cli.terminal import Screen, one_line
from extractor.errors import UsageError

if TYPE_CHECKING:
    from extractor.ledger import Ledger, State, Totals

app = App(help="Look at the ledger of a batch, or forget some of it.", no_args_is_help=True)

_SECONDS = {"m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400}
_SHORT = 8  # characters of a digest

LedgerArgument = Annotated[Path, typer.Argument(metavar="LEDGER", help="The file, as papers.jsonl.ledger.")]
JsonOption = Annotated[bool, typer.Option("--json", help="JSON Lines.")]


@app.command()
def stats(ledger: LedgerArgument, as_json: JsonOption = False) -> None:
    """Print what is kept under each plan: an engine, a schema, and how they were used together."""
    screen = Screen()
    with handled(screen), _opened(ledger) as found:
        totals = found.totals()
        for one in totals:
            _print_json(one) if as_json else _print(one)
        if not totals and not as_json:
            print("nothing is kept")


@app.command("failed")
def list_failed(ledger: LedgerArgument, as_json: JsonOption = False) -> None:
    """Print the documents that failed or got no answer, each with the first reason."""
    with handled(Screen()), _opened(ledger) as found:
        for plan, line in found.failed():
            if as_json:
                print(line.text)
                continue
            print(f"{plan[:_SHORT]}  {one_line(line.source)}: {one_line(line.fault)}")


@app.command()
def prune(
    ledger: LedgerArgument,
    failed: Annotated[bool, typer.Option("--failed", help="Only what failed or got no answer.")] = False,
    plan: Annotated[
        list[str] | None,
        typer.Option(
            help="Only records of this plan, by the begin of its digest as `stats` prints it.",
            show_default=False,
            metavar="DIGEST",
        ),
    ] = None,
    older_than: Annotated[
        str | None, typer.Option(help="Only records older than 90m, 12h, 30d, 4w.", show_default=False, metavar="AGE")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All records.")] = False,
) -> None:
    """Forget records: what is forgotten is asked again. The file shrinks.

    Parts of documents that a run was stopped in go by plan and age, as records do; --failed leaves them.
    """
    screen = Screen()
    with handled(screen):
        if not (failed or plan or older_than or everything):
            raise UsageError("nothing says what to forget", hint="--failed, --plan, --older-than, or --all")
        from extractor.ledger import Ledger
        from extractor.locks import claimed

        before = None if older_than is None else time.time() - _seconds(older_than)
        with _opened(ledger):
            pass  # no file is made
        with claimed(ledger, "LEDGER"), Ledger(ledger) as found:
            states: Sequence[State] = ("failed", "unanswered") if failed else ()
            gone = found.prune(states=states, plans=_plans(found, plan or ()), before=before)
        screen.say(f"{gone:,} records are forgotten")


def _opened(ledger: Path) -> Ledger:
    from extractor.ledger import Ledger

    return Ledger(ledger, read_only=True)


def _plans(ledger: Ledger, begins: Sequence[str]) -> list[str]:
    """The digests that begin so."""
    known = [one.plan for one in ledger.totals()]
    for begin in begins:
        if not begin or not any(plan.startswith(begin) for plan in known):
            raise UsageError(f"--plan {begin}: no such plan", hint=f"it has {', '.join(one[:_SHORT] for one in known)}")
    return [plan for plan in known if plan.startswith((*begins,))] if begins else []


def _seconds(age: str) -> float:
    """'12h' → 43200.0."""
    if not (found := re.fullmatch(r"(\d+(?:\.\d+)?)([mhdw])", age.strip().lower())):
        raise UsageError(f"--older-than {age!r} is no age", hint="90m, 12h, 30d, 4w")
    return float(found[1]) * _SECONDS[found[2]]


def _print(one: Totals) -> None:
    counts = [f"{one.done:,} done"]
    counts += [f"{one.failed:,} failed"] if one.failed else []
    counts += [f"{one.unanswered:,} without an answer"] if one.unanswered else []
    tokens = f"{one.input_tokens or 0:,} tokens read, {one.output_tokens or 0:,} written"
    cost = f", {one.cost:.4f} US dollars" if one.cost else ""
    last = datetime.fromtimestamp(one.last, UTC).astimezone()
    print(f"{one.plan[:_SHORT]}  {one_line(one.schema)}  {one_line(one.engine)}  mode {one.facts.get('mode')}")
    print(f"          {', '.join(counts)}; {tokens}{cost}; {one.bytes / 1e6:,.1f} MB; last {last:%Y-%m-%d %H:%M}")


def _print_json(one: Totals) -> None:
    from extractor.lines import to_json

    print(to_json(asdict(one) | {"documents": one.documents}))
