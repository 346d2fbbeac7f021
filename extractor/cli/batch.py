"""`extract batch`: its flags, and the order in which things are read, locked and opened."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extractor.cli.asking import access_of, open_session, options_of, pace_of, reading_of, settings_of, style_of
from extractor.cli.flags.documents import ReadingFlags
from extractor.cli.flags.groups import WHOLE_RUN
from extractor.cli.flags.running import ExtractFlags, PaceFlags
from extractor.cli.flags.single import ManyOption, ModelOption, OptionalSchemaOption
from extractor.cli.flags.tools import ChoosingFlags, OptionalToolsOption
from extractor.cli.frame import handled, held, recipe_of, refuse_mixed
from extractor.cli.terminal import Screen
from extractor.errors import UsageError
from extractor.models import DEFAULT

if TYPE_CHECKING:
    from extractor.batch import Tolerance

_READ, _WRITTEN, _FAILURES, _TOLD = "What is read", "What is written", "What fails", "What is told"


def batch(
    ctx: typer.Context,
    schema: OptionalSchemaOption = None,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders, glob patterns; .jsonl, .csv and .parquet files of records; - for paths on standard "
            "input, one a line.",
            show_default=False,
        ),
    ] = None,
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="A .jsonl, .json, .yaml, .csv, .tsv, .parquet or .db file, or a folder. Default: JSON Lines on "
            "standard output.",
            show_default=False,
            rich_help_panel=_WRITTEN,
            metavar="FILE",
        ),
    ] = None,
    data_only: Annotated[
        bool, typer.Option("--data-only", help="Bare data, not whole records.", rich_help_panel=_WRITTEN)
    ] = False,
    ledger: Annotated[
        Path | None,
        typer.Option(
            help="Where answers are kept, so that a rerun asks only the rest. Default: OUT.ledger.",
            show_default=False,
            rich_help_panel=_WRITTEN,
            metavar="FILE",
        ),
    ] = None,
    glob: Annotated[
        list[str] | None,
        typer.Option(
            help="Files to take from folders, as '*.md' or 'notes/**/*.txt'. Default: all kinds of documents.",
            show_default=False,
            rich_help_panel=_READ,
            metavar="PATTERN",
        ),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option(
            help="Files to pass over, as a line of .gitignore; so do lines of .extractignore files.",
            show_default=False,
            rich_help_panel=_READ,
            metavar="PATTERN",
        ),
    ] = None,
    files_from: Annotated[
        list[Path] | None,
        typer.Option(help="A file with paths, one a line.", show_default=False, rich_help_panel=_READ, metavar="FILE"),
    ] = None,
    text_field: Annotated[
        str | None,
        typer.Option(
            help="Of records in files: the text, by name or JSON Pointer. Default: text; with --tools, query.",
            show_default=False,
            rich_help_panel=_READ,
        ),
    ] = None,
    id_field: Annotated[
        str | None,
        typer.Option(
            help="Of records in files: what to call each. Default: FILE:LINE.",
            show_default=False,
            rich_help_panel=_READ,
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Only the first N documents.", show_default=False, rich_help_panel=_READ, metavar="N"),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Count and estimate only: ask nothing, write nothing.")
    ] = False,
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Ask again for what failed in an earlier run.", rich_help_panel=_FAILURES),
    ] = False,
    fail_fast: Annotated[
        bool, typer.Option("--fail-fast", help="End with the first that fails.", rich_help_panel=_FAILURES)
    ] = False,
    max_errors: Annotated[
        str | None,
        typer.Option(
            help="End where more fail: a number, or a share (of at least 20) as 5%.",
            show_default=False,
            rich_help_panel=_FAILURES,
            metavar="N|P%",
        ),
    ] = None,
    progress: Annotated[
        float,
        typer.Option(
            min=0.1,
            help="Seconds between two lines about the progress, where stderr is no terminal.",
            rich_help_panel=_TOLD,
            metavar="SECONDS",
        ),
    ] = 30.0,
    log_json: Annotated[
        bool,
        typer.Option("--log-json", help="Events as JSON Lines on stderr, nothing else.", rich_help_panel=_TOLD),
    ] = False,
    model: ModelOption = DEFAULT,
    many: ManyOption = False,
    tools: OptionalToolsOption = None,
    choosing: ChoosingFlags,
    flags: ExtractFlags,
    pace: PaceFlags,
    on: Annotated[
        str | None,
        typer.Option(
            help="ray, or ray://HOST:PORT: ask on the workers of a cluster.",
            show_default=False,
            rich_help_panel=WHOLE_RUN,
            metavar="CLUSTER",
        ),
    ] = None,
    reading: ReadingFlags,
) -> None:
    """Extract a record from each of many documents; what is done is kept, and a rerun does only the rest.

    Each answer is in the ledger as soon as it is there, so that nothing is lost and nothing asked twice, whatever ends
    the run: run the same command again. The output is written anew each time, in the order of the input, and appears
    when all is done. Ctrl-C finishes what is under way, a second one stops at once. Exit status: 0 all valid, 1 some
    documents failed, 2 usage or schema, 3 engine, 130 interrupted.
    """
    screen = Screen(flags.quiet, flags.verbose, log_json)
    with handled(screen):
        from extractor.sinks import choose_form, is_stream, refuse_overwriting
        from extractor.sources import Wanted

        out = None if out == Path("-") else out
        form_out = choose_form(None, out, single=False)
        refuse_mixed(schema, tools, choosing)
        named = [*(sources or ()), *map(str, files_from or ())]
        if not named:
            raise UsageError("no source", hint="name files, folders or patterns, or - for paths on standard input")
        refuse_overwriting(named, out)
        ledger = _fit(ledger, out) if ledger else None if out is None or is_stream(out) else _beside(out)
        if on is not None and (pace.rpm or pace.tpm):
            raise UsageError("--rpm and --tpm do not go with --on: no worker knows of the others", hint="--concurrency")
        tolerance = _tolerance(max_errors, fail_fast=fail_fast)
        wanted = Wanted(
            (*(sources or ()),),
            (*map(str, files_from or ()),),
            (*(glob or ()),),
            (*(ignore or ()),),
            text_field or ("text" if tools is None else "query"),
            id_field,
            limit,
            _own_files(out, ledger, flags.trace),
            _guarded(out, ledger),
            reading_of(reading, offline=flags.offline),
            by_line=tools is not None,
        )
        speed, slots = pace_of(pace)
        engine = open_session(ctx, flags, screen, slots, speed)
        with contextlib.closing(engine):
            from extractor.cli import batching
            from extractor.sinks import Layout

            style = style_of(flags, screen)
            options = options_of(flags, style)
            recipe = recipe_of(schema, tools, choosing, many=many)
            loaded = held(recipe.load(), screen, flags.examples, style)
            asked = batching.Asked(loaded, engine, options, wanted, retry_failed)
            if not (dry_run or engine.is_here() or engine.identity.startswith("sha256:")):
                with screen.pulling() as on_progress:  # what was asked already is known by the hash
                    engine.prepare(on_progress)
            if dry_run:
                batching.tell_survey(asked, ledger, screen)
                return
            layout = Layout(form_out, "data" if data_only else "record", single=False, schema=loaded)
            target = batching.Target(out, layout, ledger)
            if on is not None:
                from extractor.cluster import Job

                settings, access = settings_of(flags, slots), access_of(flags, screen)
                far = batching.Far(on, Job(loaded, recipe, model, settings, access, options, slots))
                asked = replace(asked, far=far)
            done = batching.run_to_end(asked, target, tolerance, screen, progress)
        raise typer.Exit(done.tally.exit_code)


def _beside(out: Path) -> Path:
    """The ledger of an output: 'papers.jsonl' → 'papers.jsonl.ledger'."""
    out = out.resolve() if out.name in ("", "..") else out
    if not out.name:
        raise UsageError(f"--out {out}: no ledger can stand beside it", hint="--ledger FILE")
    return out.with_name(f"{out.name}.ledger")


def _fit(ledger: Path, out: Path | None) -> Path:
    """A ledger that is no other file of the run."""
    from extractor.loaders import SUFFIXES
    from extractor.sources import RECORD_SUFFIXES

    if out is not None and ledger.resolve() == out.resolve():
        raise UsageError("--ledger and --out name the same file", hint="by default the ledger is OUT.ledger")
    if ledger.suffix.lower() in SUFFIXES | RECORD_SUFFIXES:
        hint = "it is a SQLite file: papers.ledger"
        raise UsageError(f"--ledger {ledger}: {ledger.suffix} files are documents", hint=hint)
    return ledger


def _own_files(out: Path | None, ledger: Path | None, trace: Path | None) -> frozenset[Path]:
    """What the run writes, and earlier ones left: never its input."""
    beside = (*_beside_each(out, ("", ".partial")), *_beside_each(ledger, ("", "-wal", "-shm", "-journal")))
    return frozenset(path.resolve() for path in (*beside, *_beside_each(trace, ("",))))


def _guarded(out: Path | None, ledger: Path | None) -> frozenset[Path]:
    """An output that no run has written, as there is no ledger: it may be the user's own."""
    has_ledger = ledger is not None and ledger.exists()
    return frozenset((out.resolve(),)) if out is not None and out.is_file() and not has_ledger else frozenset()


def _beside_each(path: Path | None, ends: tuple[str, ...]) -> tuple[Path, ...]:
    return () if path is None or not path.name else tuple(path.with_name(path.name + end) for end in ends)


def _tolerance(max_errors: str | None, *, fail_fast: bool) -> Tolerance:
    """'5' → at most five documents may fail, '5%' → a twentieth."""
    from extractor.batch import Tolerance

    if fail_fast:
        if max_errors is not None:
            raise UsageError("--fail-fast is --max-errors 0", hint="give one of them")
        return Tolerance(failed=0)
    if max_errors is None:
        return Tolerance()
    number = max_errors.removesuffix("%")
    try:
        if max_errors != number and 0 <= float(number) <= 100:  # noqa: PLR2004
            return Tolerance(share=float(number) / 100)
        if max_errors == number and int(number) >= 0:
            return Tolerance(failed=int(number))
    except ValueError:
        pass
    hint = "a whole number from 0 on, or a share from 0% to 100%"
    raise UsageError(f"--max-errors {max_errors!r} is neither a number of documents nor a share of them", hint=hint)
