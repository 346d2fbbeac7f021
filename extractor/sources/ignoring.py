"""What is passed over: by rules in the syntax of .gitignore, and because it is what the run itself writes."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from extractor.errors import UsageError

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern

IGNORE_FILE = ".extractignore"
_HINT = "the syntax is that of .gitignore: *.tmp, drafts/, /notes/*.md, !keep.md"


def parse(lines: Iterable[str], origin: str) -> GitIgnoreSpec | None:
    """The rules, None where there are none; `origin` ends in what a line number belongs behind: 'd/.extractignore:'."""
    from pathspec import GitIgnoreSpec  # rarely needed

    found: list[GitIgnoreSpecPattern] = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            found += _rule(line, f"{origin}{number}" if origin.endswith(":") else f"{origin} {line}")
    return GitIgnoreSpec(found) if found else None


def _rule(line: str, where: str) -> list[GitIgnoreSpecPattern]:
    from pathspec import GitIgnoreSpec

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a set in a set: classes like [[:alpha:]] would match something else
            found = cast("list[GitIgnoreSpecPattern]", [*GitIgnoreSpec.from_lines([line]).patterns])
    except Exception as error:  # of several kinds
        raise UsageError(f"{where}: not a rule: {line}", hint=_HINT) from error
    if any(rule.include is None for rule in found):
        raise UsageError(f"{where}: a rule that nothing can match: {line}", hint=_HINT)
    return found


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules by the folder that their patterns are relative to; the first that says something decides.

    Those of the command line come first, then those of the innermost folder, as with git.
    """

    given: tuple[tuple[str, GitIgnoreSpec], ...] = ()
    found: tuple[tuple[str, GitIgnoreSpec], ...] = ()

    def inside(self, folder: str) -> Rules:
        """With those of the file in a folder, where it has one."""
        file = os.path.join(folder, IGNORE_FILE)  # noqa: PTH118  # half the time of Path
        if not os.path.isfile(file):
            return self
        try:
            lines = Path(file).read_text("utf-8-sig", "surrogateescape").splitlines()
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror}", hint="its rules say what is passed over") from error
        spec = parse(lines, f"{file}:")
        return replace(self, found=((_prefix(folder), spec), *self.found)) if spec else self

    def ignore(self, path: str, *, is_folder: bool) -> bool:
        """Whether something in a folder is passed over."""
        for prefix, spec in (*self.given, *self.found):
            verdict = spec.check_file(path[len(prefix) :] + "/" * is_folder).include
            if verdict is not None:
                return verdict
        return False


def given_rules(spec: GitIgnoreSpec | None, root: str) -> Rules:
    """Those of the command line, relative to the folder that is named there."""
    return Rules(((_prefix(root), spec),) if spec else ())


def _prefix(folder: str) -> str:
    """What the paths in a folder begin with: 'd' → 'd/'; '' → ''."""
    return os.path.join(folder, "")  # noqa: PTH118


@dataclass(frozen=True, slots=True)
class Outputs:
    """Paths that the run writes, which are never its input."""

    paths: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, paths: Iterable[Path]) -> Outputs:
        """Those of resolved paths."""
        found = [os.path.realpath(path) for path in paths]
        return cls(frozenset(found), frozenset(map(os.path.basename, found)))

    def __contains__(self, path: str) -> bool:
        """Whether it is one of them; links are followed."""
        if not self.paths or not (os.path.basename(path) in self.names or os.path.islink(path)):  # noqa: PTH119
            return False
        return os.path.realpath(path) in self.paths
