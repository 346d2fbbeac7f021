"""`extract eval`: its flags, and the order in which things are read, asked and scored."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extractor.brevity import few
from extractor.cli.asking import checked, open_session, options_of, pace_of, style_of
from extractor.cli.flags.running import ExtractFlags, PaceFlags
from extractor.cli.flags.single import CharsetOption, LoaderOption, ModelOption, RawOption, SchemaOption
from extractor.cli.frame import handled, held
from extractor.cli.terminal import Screen
from extractor.errors import EngineUnavailable, UsageError
from extractor.models import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extractor.sources import Source
    from extractor.types import Schema

_SCORED, _REVIEWED = "What is scored", "Making gold"
_TOLD_EVERY = 30.0  # seconds, between two lines about the progress


def eval_(
    ctx: typer.Context,
    gold: Annotated[
        Path,
        typer.Argument(
            help="A .jsonl, .json or .yaml file: whole records, {source, data}, or the fields of the schema beside id "
            "and text. With --init it is written.",
        ),
    ],
    schema: SchemaOption,
    *,
    pred: Annotated[
        Path | None,
        typer.Option(
            help="Predictions: records as `extract batch` writes them, or {source, data}. Without it, the model's.",
            show_default=False,
            rich_help_panel=_SCORED,
            metavar="FILE",
        ),
    ] = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option(
            help="Two files of predictions: which fields differ, beyond chance?",
            show_default=False,
            rich_help_panel=_SCORED,
            metavar="FILE FILE",
        ),
    ] = None,
    as_: Annotated[
        list[str] | None,
        typer.Option(
            "--as",
            help="FIELD=COMPARATOR, as 'people[].name=fuzzy:0.9': exact, normalised, fuzzy, number, date, time, "
            "address, stem, rouge, set, ordered or ignore. Else as `x-compare` in the schema says.",
            show_default=False,
            rich_help_panel=_SCORED,
            metavar="FIELD=NAME",
        ),
    ] = None,
    id_field: Annotated[
        str | None,
        typer.Option(
            help="The field that names a record; else source, id, or file and line.",
            show_default=False,
            rich_help_panel=_SCORED,
        ),
    ] = None,
    text_field: Annotated[
        str, typer.Option(help="The field of the gold file with the text.", rich_help_panel=_SCORED)
    ] = "text",
    docs: Annotated[
        list[str] | None,
        typer.Option(
            help="Where the documents are, where the gold file has no texts: files, folders, patterns.",
            show_default=False,
            rich_help_panel=_SCORED,
            metavar="SOURCE",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.", rich_help_panel=_SCORED)] = False,
    html: Annotated[
        Path | None,
        typer.Option(
            help="Also make a page with the worst documents, what is wrong marked in their texts.",
            show_default=False,
            rich_help_panel=_SCORED,
            metavar="FILE",
        ),
    ] = None,
    fail_under: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="Exit status 1 where the F1 of all values is lower.",
            show_default=False,
            rich_help_panel=_SCORED,
            metavar="F1",
        ),
    ] = None,
    init: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Write GOLD (.yaml) with N documents of --docs as the model or --pred has them, to correct by hand.",
            show_default=False,
            rich_help_panel=_REVIEWED,
            metavar="N",
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=1,
            help="With --init and --pred: only documents with a label that is less likely (records made with --probs).",
            show_default=False,
            rich_help_panel=_REVIEWED,
            metavar="P",
        ),
    ] = None,
    model: ModelOption = DEFAULT,
    records: Annotated[
        Path | None,
        typer.Option(
            help="The records of the model, with their ledger beside them; by default GOLD.predicted.jsonl.",
            show_default=False,
            metavar="FILE",
        ),
    ] = None,
    retry_failed: Annotated[bool, typer.Option("--retry-failed", help="Ask again for what failed before.")] = False,
    flags: ExtractFlags,
    pace: PaceFlags,
    raw: RawOption = False,
    loader: LoaderOption = None,
    charset: CharsetOption = "",
) -> None:
    """Measure how good extracted values are, field by field, against gold; or make gold to measure with.

    Items of lists stand beside those that they are most like. Precision, recall and F1 come with 95 % intervals, beside
    them what share of documents is valid and of values grounded. A field of the schema that no gold record has is not
    measured. Exit status: 0 measured, 1 lower than --fail-under or documents that cannot be read, 2 usage or schema,
    3 engine, 130 interrupted.
    """
    screen = Screen(flags.quiet, flags.verbose)
    with handled(screen):
        from extractor.cli import evaluating
        from extractor.loaders import Reading
        from extractor.recipes import OfSchema

        if threshold is not None and (init is None or pred is None):
            raise UsageError("--threshold says which records to review", hint="--init 100 --pred records.jsonl")
        _refuse_idle(ctx)
        compare = None if _is_said(ctx, "pred") or _is_said(ctx, "init") else compare  # then it is a default
        out = None if pred or compare else records or _beside(gold)
        _guard(gold, (pred, *(compare or ())), out, html)
        loaded = held(OfSchema(schema).load(), screen, flags.examples, style_of(flags, screen))
        files = checked(Reading(raw, loader, charset=charset))
        named = evaluating.Named(gold, loaded, text_field, id_field, (*(docs or ()),), files)
        given = evaluating.read_given(as_ or (), loaded)  # before a model is asked
        asking = _Asking(ctx, flags, pace, loaded, screen, out or _beside(gold), retry_failed)
        if init is not None:
            sources = evaluating.sample(named, init, pred, threshold)
            found = pred or asking.ask(sources)
            if not evaluating.make_review(named, sources, found, screen, init):
                raise typer.Exit(1)
            return
        if compare is not None:
            evaluating.tell_difference(named, compare, given, screen, as_json=as_json)
            return
        sources = [] if pred else evaluating.documents(named)
        unread = [source.label for source in sources if source.fault is not None]
        measured = evaluating.measure(named, pred or asking.ask(sources), given)
        evaluating.tell(measured, screen, as_json=as_json)
        if html is not None:
            evaluating.write_page(measured, loaded, html, screen)
    f1 = measured.scores.bottom_line
    is_low = fail_under is not None and f1 < fail_under
    if unread:
        lost = f"{len(unread)} of {len(sources)} documents cannot be read, so all of it is missing"
        screen.error(f"{lost}: {few(unread, 1)}", "--docs FILE")
    if is_low:
        screen.error(f"F1 {f1:.3f} is under {fail_under:g}")
    if unread or is_low:
        raise typer.Exit(1)


_IDLE = {  # flags that say nothing beside another one
    "compare": ("pred", "html", "fail_under", "init", "records", "probs", "prior", "retry_failed"),
    "init": ("html", "fail_under", "as_json", "as_"),
    "pred": ("records", "probs", "prior", "retry_failed"),
}


def _refuse_idle(ctx: typer.Context) -> None:
    """Raise `UsageError` for flags that would not be heard; defaults may be meant for other commands."""
    for name, others in _IDLE.items():
        if _is_said(ctx, name) and (idle := next((other for other in others if _is_said(ctx, other)), None)):
            shown = {"as_json": "--json", "as_": "--as"}.get(idle, f"--{idle.replace('_', '-')}")
            raise UsageError(f"--{name} and {shown} do not go together", hint="leave one of them out")


def _is_said(ctx: typer.Context, name: str) -> bool:
    """Whether a flag stands on the command line."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _guard(gold: Path, read: Iterable[Path | None], records: Path | None, html: Path | None) -> None:
    """Raise `UsageError` where something would be written over what is read, or over what no run wrote.

    `records` are those that the model is asked for, None where it is not.
    """
    from extractor.sinks import refuse_overwriting

    named = [str(path) for path in (gold, *read) if path is not None]
    refuse_overwriting(named, html, "--html")
    if records is not None:
        if records.suffix.lower() not in (".jsonl", ".ndjson"):
            raise UsageError(
                f"--records {records}: records are JSON Lines", hint=f"--records {records.stem or 'records'}.jsonl"
            )
        refuse_overwriting(named, records, "--records")
        if records.is_file() and not records.with_name(f"{records.name}.ledger").exists():
            hint = "--pred scores it; --records names another file for the answers of the model"
            raise UsageError(f"--records {records}: is there already, and of no run", hint=hint)
    if html is not None and html.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--html {html}: a page is an HTML file", hint=f"--html {html.stem or 'scores'}.html")


def _beside(gold: Path) -> Path:
    """'gold.jsonl' → 'gold.predicted.jsonl'."""
    return gold.parent / f"{gold.stem}.predicted.jsonl"


@dataclass(frozen=True, slots=True)
class _Asking:
    """How the model is asked about documents that no prediction is given for."""

    ctx: typer.Context
    flags: ExtractFlags
    pace: PaceFlags
    schema: Schema
    screen: Screen
    out: Path
    retries_failed: bool

    def ask(self, sources: Sequence[Source]) -> Path:
        """Ask, as `extract batch` does: what is in the ledger is not asked again.

        An engine that answered nothing is no measurement: it ends as a batch does then.
        """
        from extractor.batch import Tolerance
        from extractor.cli import batching
        from extractor.sinks import Layout

        flags, screen, out = self.flags, self.screen, self.out
        pace, slots = pace_of(self.pace)
        engine = open_session(self.ctx, flags, screen, slots, pace)
        with contextlib.closing(engine):
            options = options_of(flags, style_of(flags, screen))
            asked = batching.Asked(self.schema, engine, options, batching.Listed(sources), self.retries_failed)
            with screen.pulling() as on_progress:
                engine.prepare(on_progress)
            layout = Layout("jsonl", "record", single=False, schema=self.schema)
            target = batching.Target(out, layout, out.with_name(f"{out.name}.ledger"))
            done = batching.run_to_end(asked, target, Tolerance(), screen, _TOLD_EVERY)
        if done.tally.exit_code == EngineUnavailable.exit_code:
            raise typer.Exit(done.tally.exit_code)
        return out
