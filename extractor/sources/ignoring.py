"""What is passed over: by rules in the syntax of .gitignore, and because it is what the run itself writes."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from extractor.errors import UsageError

_SLASH = "ps_d"  # the group of the library's expressions that is the slash behind a folder
IGNORE_FILE = ".extractignore"
_HINT = "the syntax is that of .gitignore: *.tmp, drafts/, /notes/*.md, !keep.md"


@dataclass(frozen=True, slots=True)
class Rule:
    """A pattern for a path, of a folder with a slash at its end, and whether what matches is passed over."""

    pattern: re.Pattern[str]
    is_ignored: bool

    def matches(self, path: str) -> bool:
        """Whether it is about the path itself, not only about a folder that it is in."""
        is_anchored = self.pattern.pattern.startswith("^")
        path = path if is_anchored else path[path.rfind("/", 0, -1) + 1 :]
        found = self.pattern.search(path)
        if found is None:
            return False
        if _SLASH in found.re.groupindex:
            return found[_SLASH] is None or found.end(_SLASH) == len(path)
        return path[-1] != "/" or found.end() < len(path)  # a/** is what is in a


def parse(lines: Iterable[str], origin: str) -> tuple[Rule, ...]:
    """Rules in the syntax of .gitignore, the last first, as that decides.

    `origin` is what a `UsageError` names: '--ignore', or with a colon and the line 'd/.extractignore:'.
    """
    found: list[Rule] = []
    for number, line in enumerate(lines, 1):
        if line.strip() and not line.startswith("#"):
            found.append(_rule(line, f"{origin}{number}" if origin.endswith(":") else origin))
    return tuple(reversed(found))


def _rule(line: str, where: str) -> Rule:
    from pathspec import GitIgnoreSpec  # rarely needed

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # a set in a set: classes like [[:alpha:]] would match something else
            [rule] = GitIgnoreSpec.from_lines([line]).patterns
    except Exception as error:  # of several kinds
        raise UsageError(f"{where}: not a rule: {line}", hint=_HINT) from error
    if rule.include is None or rule.regex is None:
        raise UsageError(f"{where}: a rule that nothing can match: {line}", hint=_HINT)
    # Line breaks in names are characters as others are.
    return Rule(re.compile(rule.regex.pattern.replace("|$)", r"|\Z)"), re.DOTALL), rule.include)


def verdict(rules: Iterable[Rule], path: str) -> bool | None:
    """Whether a path is passed over; None where no rule is about it."""
    return next((rule.is_ignored for rule in rules if rule.matches(path)), None)


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules by the folder that their patterns are relative to; the first that says something decides.

    Those of the command line come first, then those of the innermost folder, as with git.
    """

    given: tuple[tuple[str, tuple[Rule, ...]], ...] = ()
    found: tuple[tuple[str, tuple[Rule, ...]], ...] = ()

    def inside(self, folder: str) -> Rules:
        """With those of the file in a folder, where it has one."""
        file = os.path.join(folder, IGNORE_FILE)  # noqa: PTH118  # half the time of Path
        if not os.path.isfile(file):
            return self
        try:
            lines = Path(file).read_text("utf-8-sig", "surrogateescape").splitlines()
        except OSError as error:
            raise UsageError(f"{file}: {error.strerror}", hint="its rules say what is passed over") from error
        rules = parse(lines, f"{file}:")
        return replace(self, found=((_prefix(folder), rules), *self.found))

    def ignore(self, path: str, *, is_folder: bool) -> bool:
        """Whether something in a folder is passed over."""
        for prefix, rules in (*self.given, *self.found):
            found = verdict(rules, path[len(prefix) :] + "/" * is_folder)
            if found is not None:
                return found
        return False


def given_rules(rules: tuple[Rule, ...], root: str) -> Rules:
    """Those of the command line, relative to the folder that is named there."""
    return Rules(((_prefix(root), rules),) if rules else ())


def are_about(rules: tuple[Rule, ...], path: str) -> bool:
    """Whether a file that is named, or a folder on the way to it, is passed over."""
    steps = [found.start() + 1 for found in re.finditer(r"(?<=[^/])/", path)]
    return any(verdict(rules, path[:end]) for end in (*steps, len(path)))


def _prefix(folder: str) -> str:
    """What the paths in a folder begin with: 'd' → 'd/'; '' → ''."""
    return os.path.join(folder, "")  # noqa: PTH118


@dataclass(frozen=True, slots=True)
class Outputs:
    """Paths that the run writes, which are never its input; `guarded` are those that were there before any run."""

    paths: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    guarded: frozenset[str] = frozenset()

    @classmethod
    def of(cls, paths: Iterable[Path], guarded: Iterable[Path] = ()) -> Outputs:
        """Those of resolved paths."""
        found = [os.path.realpath(path) for path in paths]
        return cls(frozenset(found), frozenset(map(os.path.basename, found)), frozenset(map(str, guarded)))

    def refuse(self, path: str) -> None:
        """A path that was asked for is none of them."""
        if path in self:
            raise UsageError(f"{path}: is a source, and the run writes it", hint="name another file with --out")

    def __contains__(self, path: str) -> bool:
        """Whether it is one of them; links are followed. A guarded one that a pattern finds is a `UsageError`."""
        if not self.paths or not (os.path.basename(path) in self.names or os.path.islink(path)):  # noqa: PTH119
            return False
        found = os.path.realpath(path)
        if found in self.guarded:
            what = f"{path}: matches what is to be read, and the run would overwrite it"
            raise UsageError(what, hint="name another file with --out")
        return found in self.paths
