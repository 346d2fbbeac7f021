"""`extract view`: its flags."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extractor.brevity import counted
from extractor.cli.asking import checked
from extractor.cli.flags.single import CharsetOption, LoaderOption, QuietOption, RawOption
from extractor.cli.frame import handled
from extractor.cli.terminal import Screen
from extractor.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extractor.view import Entry

_MARK = b'<meta name="generator" content="extract view">'
_LARGE = 100_000_000  # bytes of a page that browsers are slow with
_MOST_TOLD = 3  # lines that are no records

_FOUND, _MADE = "Where documents are", "What is made"


def view(
    records: Annotated[
        str,
        typer.Argument(
            help="A .jsonl or .json file of whole records, as `extract batch --out` and `extract run --full` write "
            "them; a folder of .json files; - for standard input."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="The page; - for standard output. Default: the name of the records with .html. Records from "
            "standard input go to standard output by default, as a page titled `records`.",
            show_default=False,
            rich_help_panel=_MADE,
            metavar="FILE",
        ),
    ] = None,
    docs: Annotated[
        list[str] | None,
        typer.Option(
            help="Where the documents are, as the run was told: files, folders, patterns, .jsonl, .csv and .parquet "
            "files of records. Not needed where the names in the records lead to them.",
            show_default=False,
            rich_help_panel=_FOUND,
            metavar="SOURCE",
        ),
    ] = None,
    text_field: Annotated[
        str,
        typer.Option(help="Of documents in files of records: the text, as the run had it.", rich_help_panel=_FOUND),
    ] = "text",
    id_field: Annotated[
        str | None,
        typer.Option(
            help="Of documents in files of records: the name, as the run had it.",
            show_default=False,
            rich_help_panel=_FOUND,
        ),
    ] = None,
    base: Annotated[
        Path | None,
        typer.Option(
            help="The folder that names in the records are relative to. Without it they are to the current one, or to "
            "that of the records. Files outside of these folders are read by --docs only.",
            show_default=False,
            rich_help_panel=_FOUND,
            metavar="FOLDER",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(min=1, help="Only the first N records.", show_default=False, rich_help_panel=_MADE, metavar="N"),
    ] = None,
    raw: RawOption = False,
    loader: LoaderOption = None,
    charset: CharsetOption = "",
    open_: Annotated[bool, typer.Option("--open", help="Open it in the browser.", rich_help_panel=_MADE)] = False,
    quiet: QuietOption = False,
) -> None:
    """Make one HTML page of records: each document with its values highlighted, the record beside it.

    The page needs nothing else: no server, no network. It has the texts of the documents in it, and links each value to
    its place and back; filters for what failed, is not found or has a low score; search; statistics for each field;
    keys (? lists them). A document that is not found, or has changed since, is shown by its record alone.
    """
    screen = Screen(quiet)
    with handled(screen):
        from extractor.loaders import Reading
        from extractor.sinks import refuse_overwriting
        from extractor.view import Places, read_records, render, with_documents

        target = _target(records, out)
        refuse_overwriting([records, *(docs or ())], target)
        found, faults = read_records(records, limit)
        for fault in faults[:_MOST_TOLD]:
            screen.error(str(fault), fault.hint)
        if faults[_MOST_TOLD:]:
            screen.error(f"{len(faults) - _MOST_TOLD:,} more lines are no records")
        reading = checked(Reading(raw, loader, charset=charset))
        places = Places(_folders(records, base), (*(docs or ()),), text_field, id_field, reading)
        entries = with_documents(found, places)
        page = render(_title(records), entries)
        if target is None:
            print(page, end="")
        else:
            _tell(target, _write(page, target), entries, screen)
            if open_:
                _open(target, screen)
        if faults:
            raise typer.Exit(1)


def _title(records: str) -> str:
    return "records" if records == "-" else Path(records).name


def _target(records: str, out: Path | None) -> Path | None:
    """The file of the page; by default beside the records, unless something else has that name."""
    if out == Path("-") or (out is None and records == "-"):
        return None
    if out is not None:
        if out.suffix.lower() not in (".html", ".htm"):  # it may be the output of another command, in extract.toml
            raise UsageError(f"--out {out}: a page is an HTML file", hint=f"--out {out.stem or 'page'}.html")
        return out
    target = Path(records).with_suffix(".html") if Path(records).name else Path("records.html")
    if target.is_file():
        with target.open("rb") as file:
            if _MARK not in file.read(4096):
                raise UsageError(f"{target}: is there already, and no view", hint="name another file with --out")
    return target


def _folders(records: str, base: Path | None) -> tuple[Path, ...]:
    """Where names of documents may lead: --base first, then the current folder and that of the records."""
    beside = Path() if records == "-" else Path(records).parent
    return tuple(dict.fromkeys((*((base,) if base else ()), Path(), beside)))


def _write(page: str, target: Path) -> int:
    """Write the page whole or not at all; its size in bytes."""
    from extractor.sinks.swap import write_whole

    data = page.encode()
    write_whole(target, data, "--out")
    return len(data)


def _tell(target: Path, size: int, entries: Sequence[Entry], screen: Screen) -> None:
    missing = [entry.why for entry in entries if entry.document is None]
    have = len(entries) - len(missing)
    screen.say(f"{target}: {counted(len(entries), 'record')}, {have:,} with their document; {size / 1e6:,.1f} MB")
    if missing:
        screen.warn(f"without their document: {len(missing):,}; the first: {missing[0]}")
    if size > _LARGE:
        screen.warn("browsers are slow with a page of this size; --limit makes a smaller one")


def _open(target: Path, screen: Screen) -> None:
    import webbrowser

    if not webbrowser.open(target.resolve().as_uri()):
        screen.warn("no browser was found to open it in")
