"""Runs of `extract batch` that are hit by a fault, and what must hold after each: nothing lost, torn or asked twice.

A case is spelled `form:start:how:at`, as jsonl:new:kill:17, jsonl:older:kill:rename.1 (of the renames the first) or
jsonl:new:torn:-wal.20 (of the writes to such a file). The same one does the same again, but for the order of answers.
"""

from __future__ import annotations

import contextlib
import csv
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from crash_runs import FORMS, HOWS, LATE, Fault, Nursery, Ran, out_of, words_for, write_corpus

STARTS = ("new", "older", "replay", "killed")
_SECONDS = re.compile(rb'("?seconds"?: )[0-9.e-]+')
_KNOWN: dict[tuple[Path, str, int], Quiet] = {}


def read_out(path: Path) -> Any:
    """What an output says, without the seconds; None where there is none."""
    if not path.exists():
        return None
    if path.is_dir():
        return {one.name: _SECONDS.sub(rb"\g<1>0", one.read_bytes()) for one in path.rglob("*") if one.is_file()}
    if path.suffix == ".db":
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as base:
            base.row_factory = sqlite3.Row
            rows = [dict(row) for row in base.execute("SELECT * FROM records ORDER BY rowid")]
        return [row | {"seconds": 0} for row in rows]
    if path.suffix == ".parquet":
        from pyarrow import parquet

        return [row | {"seconds": 0} for row in parquet.read_table(path).to_pylist()]
    return _SECONDS.sub(rb"\g<1>0", path.read_bytes())


def raw_out(path: Path) -> Any:
    """An output to the byte."""
    if path.is_dir():
        return {str(one.relative_to(path)): one.read_bytes() for one in path.rglob("*") if one.is_file()}
    return path.read_bytes() if path.exists() else None


def read_ledger(folder: Path, work: Path) -> dict[str, str]:
    """The hash of each text in a ledger, and its state; read from a copy, since to open a ledger mends it."""
    copy = work / "copy.ledger"
    for end in ("", "-wal"):
        copy.with_name(copy.name + end).unlink(missing_ok=True)
        if (there := folder / f"kept.ledger{end}").exists():
            shutil.copy(there, copy.with_name(copy.name + end))
    if not copy.exists():
        return {}
    with contextlib.closing(sqlite3.connect(copy)) as base:
        assert base.execute("PRAGMA integrity_check").fetchone() == ("ok",), "the ledger is damaged"
        if not base.execute("SELECT count(*) FROM sqlite_schema WHERE name = 'result'").fetchone()[0]:
            return {}
        return dict(base.execute("SELECT lower(hex(text)), state FROM result").fetchall())


# --- a run that nothing disturbs -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Quiet:
    """What a run comes to that nothing disturbs, and its folder; `names` has the text of each hash."""

    code: int
    out: Any
    names: dict[str, str]
    folder: Path
    listing: list[str]


def undisturbed(nursery: Nursery, form: str, texts: int) -> Quiet:
    """A run that nothing disturbs, done once."""
    if (known := _KNOWN.get((nursery.work, form, texts))) is not None:
        return known
    new, done = (nursery.work / f"{form}-{texts}" / name for name in ("new", "done"))
    write_corpus(new, texts)
    shutil.copytree(new, done)
    ran = nursery.run(done, words_for(form))
    assert ran.code == 1, ran.told  # some failed
    with contextlib.closing(sqlite3.connect(done / "kept.ledger")) as base:
        pairs = base.execute("SELECT lower(hex(text)), source FROM result").fetchall()
    names = {key: name_of(done, source) for key, source in pairs}
    assert Counter(ran.asked) == Counter(names.values()), "each text is asked about once"
    more = set(listing(done)) - set(listing(new)) - {"kept.ledger", out_of(form)}
    assert not {name for name in more if not name.startswith("out/")}, f"left over: {more}"
    quiet = _KNOWN[nursery.work, form, texts] = Quiet(
        ran.code, read_out(done / out_of(form)), names, done, listing(done)
    )
    return quiet


def begun(nursery: Nursery, quiet: Quiet, form: str, start: str) -> Path:
    """The folder that a case begins with: all as new, or with what an earlier run left. Made once."""
    folder = quiet.folder.with_name(start)
    if folder.exists():
        return folder
    shutil.copytree(quiet.folder if start == "replay" else quiet.folder.with_name("new"), folder)
    if start == "older":
        nursery.run(folder, words_for(form, "--limit", "3"))
    elif start == "replay":
        remove(folder / out_of(form))
    elif start == "killed":
        nursery.run(folder, words_for(form), Fault("torn", 40))
    return folder


def name_of(folder: Path, source: str) -> str:
    """'docs/001.txt' → 'text-1'."""
    name, _, line = source.partition(":")
    text = (folder / name).read_text()
    text = text.splitlines()[int(line) - 1] if line else text
    found = re.search(r"text-[0-9]+", text)
    assert found, source
    return found[0]


def listing(folder: Path) -> list[str]:
    """All files of a folder."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink()


# --- what must hold ------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Scene:
    """A folder in which runs are hit by faults, one after another, until one is not."""

    nursery: Nursery
    form: str
    start: str
    texts: int = 8
    folder: Path = field(init=False)
    quiet: Quiet = field(init=False)
    asked: Counter[str] = field(default_factory=Counter)  # over all runs
    lost: Counter[str] = field(default_factory=Counter)  # asked about, and not yet kept when a run ended

    def __post_init__(self) -> None:
        self.quiet = undisturbed(self.nursery, self.form, self.texts)
        self.folder = self.nursery.work / "scene"
        if self.folder.exists():
            shutil.rmtree(self.folder)
        shutil.copytree(begun(self.nursery, self.quiet, self.form, self.start), self.folder)

    @property
    def out(self) -> Path:
        return self.folder / out_of(self.form)

    def known(self) -> dict[str, str]:
        """The texts that the ledger has, and their states."""
        return {self.quiet.names[key]: state for key, state in read_ledger(self.folder, self.nursery.work).items()}

    def hit(self, fault: Fault, *flags: str) -> Ran:
        """A run with a fault, and what must hold after it."""
        before, out = self.known(), raw_out(self.out)
        ran = self.nursery.run(self.folder, words_for(self.form, *flags), fault)
        self.check_asked(ran, before)
        self.check_end(ran, fault)
        self.check_out(out)
        after = self.known()
        self.asked.update(ran.asked)
        self.lost.update(set(ran.asked) - set(after))
        kept = {self.quiet.names[key] for key in ran.kept}
        assert kept <= set(after), f"lost from the ledger: {kept - set(after)}"
        assert set(before) <= set(after), f"lost from the ledger: {set(before) - set(after)}"
        if fault.how in ("int", "term", "hup") and ran.code == 130:
            assert set(ran.asked) <= set(after), f"not drained: {set(ran.asked) - set(after)}"
        return ran

    def check_asked(self, ran: Ran, before: dict[str, str]) -> None:
        """What is in the ledger is not asked about, and nothing twice."""
        again = set(ran.asked) & {text for text, state in before.items() if state != "unanswered"}
        assert not again, f"asked again though the ledger had them: {again}"
        twice = [text for text, count in Counter(ran.asked).items() if count > 1]
        assert not twice, f"asked twice in one run: {twice}"

    def check_end(self, ran: Ran, fault: Fault) -> None:
        """It ended as such a fault ends a run, and was not surprised."""
        assert "Traceback" not in ran.told, ran.told
        if not ran.fired and not fault.size and not fault.pages:
            return
        if fault.how in ("kill", "torn"):
            assert ran.code == -signal.SIGKILL, (ran.code, ran.told)
        elif fault.how in ("int", "twice"):
            assert ran.code in (130, -signal.SIGINT, self.quiet.code), (ran.code, ran.told)
        elif fault.how in ("term", "hup"):
            assert ran.code in (130, -HOWS[fault.how] % -100, self.quiet.code), (ran.code, ran.told)
        else:  # what is swept up at the end may go wrong unseen
            assert ran.code in (1, 2), (ran.code, ran.told)
            assert "error: " in ran.told or self.is_complete(), ran.told

    def is_complete(self) -> bool:
        """Whether the output is that of the whole run."""
        return bool(read_out(self.out) == self.quiet.out)

    def check_out(self, before: Any) -> None:
        """The output is that of before or the whole, and what is partial is a part; files of a folder are whole."""
        if self.form == "folder":
            for path in self.out.rglob("*.json"):
                json.loads(path.read_bytes())
        elif raw_out(self.out) != before:
            assert self.is_complete(), "the output is neither the older one nor the whole"
        partial = self.out.with_name(f"{self.out.name}.partial")
        if partial.exists():
            self.check_partial(partial)

    def check_partial(self, partial: Path) -> None:
        readable = partial.rename(partial.with_name(f"partial.{self.form}"))
        part, whole = read_out(readable), self.quiet.out
        readable.rename(partial)
        if self.form == "jsonl":
            assert part.endswith(b"\n"), "torn"
        elif self.form == "json":
            part, whole = json.loads(part), json.loads(whole)
        elif self.form == "csv":
            part, whole = ([*csv.reader(text.decode().splitlines())] for text in (part, whole))
        assert part == whole[: len(part)], "what is partial is no part of the whole"

    def finish(self) -> None:
        """A run without a fault completes it, leaves nothing else, and the next one asks nothing."""
        before = self.known()
        ran = self.nursery.run(self.folder, words_for(self.form))
        self.check_asked(ran, before)
        assert ran.code == self.quiet.code, (ran.code, ran.told)
        assert self.is_complete(), f"not as if undisturbed: {read_out(self.out)!r:.2000}"
        due = set(self.quiet.names.values()) - {text for text, state in before.items() if state != "unanswered"}
        assert set(ran.asked) == due, f"asked {sorted(ran.asked)} instead of {sorted(due)}"
        assert listing(self.folder) == self.quiet.listing, f"left over: {listing(self.folder)}"
        self.asked.update(ran.asked)
        often = {text for text, count in self.asked.items() if count > 1 + self.lost[text]}
        assert not often, f"asked more often than it was interrupted: {often}"
        out = raw_out(self.out)
        ran = self.nursery.run(self.folder, words_for(self.form))
        assert ran.asked == [], "the ledger is complete, and it asks"
        assert (ran.code, raw_out(self.out) == out) == (self.quiet.code, True), "a replay is not the same"
        assert listing(self.folder) == self.quiet.listing, f"left over: {listing(self.folder)}"


def try_case(nursery: Nursery, case: str) -> bool:
    """Try a case, 'jsonl:new:kill:17'; says whether the fault came to pass. Raises `AssertionError` with its name."""
    form, start, how, where = case.split(":")
    scene = Scene(nursery, form, start)
    only, _, number = where.rpartition(".")
    at = int(number)
    bounds = {"size": Fault(size=at), "pages": Fault(pages=at), "disk": Fault(size=1 << 40)}
    try:
        with on_disk(scene.folder, at) if how == "disk" else contextlib.nullcontext(lambda: None) as grow:
            ran = scene.hit(bounds.get(how) or Fault(how, at, only))
            grow()
            scene.finish()
    except AssertionError as error:
        raise AssertionError(f"{case}: {error}") from error
    return bool(ran.fired)


@contextlib.contextmanager
def on_disk(folder: Path, kilobytes: int) -> Iterator[Callable[[], None]]:
    """Put a folder on a disk of its own with so much room; gives what makes room. Needs the right to mount."""
    aside = folder.with_name("aside")
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)
    folder.mkdir()

    def mount(options: str) -> None:
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)

    mount("size=16m")
    try:
        shutil.copytree(aside, folder, dirs_exist_ok=True)
        used = os.statvfs(folder)
        taken = (used.f_blocks - used.f_bfree) * used.f_frsize // 1024
        mount(f"remount,size={taken + kilobytes}k")
        yield lambda: mount("remount,size=16m")
    finally:
        subprocess.run(["umount", folder], check=True)


def try_chain(nursery: Nursery, seed: int) -> list[str]:
    """Try some faults in a row that follow from a seed; says which. Raises `AssertionError` with the seed."""
    chance = random.Random(seed)
    form, start, texts = chance.choice(FORMS), chance.choice(STARTS), chance.choice((8, 30))
    scene = Scene(nursery, form, start, texts)
    done = [f"{form}:{start}:{texts}"]
    try:
        for _ in range(chance.randint(1, 4)):
            how = chance.choice((*HOWS, LATE, LATE, "kill"))
            scene.hit(Fault(how, chance.randint(1, 1500 if how == LATE else 12 * texts)))
            done.append(how)
        scene.finish()
    except AssertionError as error:
        raise AssertionError(f"seed {seed}: {' '.join(done)}: {error}") from error
    return done
