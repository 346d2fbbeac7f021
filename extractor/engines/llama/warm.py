"""The card of a running server, by which other processes of the same user find it.

In the folder `served`, beside the store, each server has two files: a card with its address and key, and a lock that
llama.cpp's process holds from before it loads until it is gone, whatever ended it. So no process id has to be
believed: where nobody holds the lock, the card is stale. Who has a request under way holds a shared lock on the card,
and a server ends as idle only while it holds the exclusive one.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import stat
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import asdict, dataclass, field
from io import FileIO
from pathlib import Path

from extractor import __version__, models
from extractor.engines.llama.process import Settings
from extractor.errors import EngineUnavailable, UsageError

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_LOOKS = 10  # at a lock that is held: who only looks whether it is holds it too, for a moment
_PAUSE = 0.1  # seconds between them


@dataclass(frozen=True, slots=True)
class Card:
    """What a client has to know; `size` (bytes) and `mtime_ns` are those of the weights before they were loaded."""

    name: str
    url: str
    key: str = field(repr=False)
    log: str
    weights: str
    size: int
    mtime_ns: int
    settings: Settings
    version: str = __version__


class Unfit(Exception):
    """A card that is not to be used, and why."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the server of some weights has its card and its lock, each readable for this user alone."""

    card: Path
    lock: Path

    @contextmanager
    def claimed(self) -> Iterator[int]:
        """Hold the lock, until a child that inherits its descriptor does; `UsageError` where a server has it."""
        self.lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _opened(self.lock, os.O_RDWR | os.O_CREAT) as lock:
            if not any(_takes(lock) for _ in range(_LOOKS)):
                hint = "`extract run` finds it by itself; `extract serve --stop` ends it"
                raise UsageError(f"these weights are served already (pid {self.pid})", hint=hint)
            self.card.unlink(missing_ok=True)
            lock.truncate(0)
            lock.write(str(os.getpid()).encode())
            yield lock.fileno()

    @property
    def pid(self) -> int | None:
        """The process id of the server; of a dead one where the lock is free."""
        with suppress(OSError, ValueError), _opened(self.lock) as lock:
            return int(lock.read())
        return None

    def is_free(self) -> bool:
        """Whether no server holds the lock, starting or running; a card that lies there then is stale, and removed."""
        with suppress(FileNotFoundError), _opened(self.lock) as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            self.card.unlink(missing_ok=True)  # nobody can claim the place before this lock is closed
        return True

    def publish(self, card: Card) -> None:
        """Write the card, whole or not at all."""
        fresh = self.card.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(card), file)
        fresh.replace(self.card)

    @contextmanager
    def held(self) -> Iterator[Card]:
        """The card of a server that lives, and does not end as idle meanwhile; counts as a use of it.

        Raises `FileNotFoundError` where there is none, `Unfit` or `PermissionError` where it is not to be used.
        """
        with _opened(self.card) as file:
            fcntl.flock(file, fcntl.LOCK_SH)  # the exclusive lock is held for no longer than a look takes
            if self.is_free() or not os.fstat(file.fileno()).st_nlink:
                raise FileNotFoundError(errno.ENOENT, "has ended", str(self.card))
            card = _parse(file.read())
            os.utime(card.log)  # logs that nobody used for days are cleared away
            os.utime(file.fileno())
            try:
                yield card
            finally:
                os.utime(file.fileno())

    def read(self) -> Card:
        """The card, only looked at; raises as `held` does."""
        with _opened(self.card) as file:
            return _parse(file.read())

    def idle_seconds(self) -> float:
        """Seconds since the last use."""
        return max(0.0, time.time() - self.card.stat().st_mtime)

    def retire(self, timeout: float) -> float:
        """Remove a card that nobody has used for `timeout` seconds; else the seconds until that may be so, 1 at least.

        0 says that it is removed.
        """
        with _opened(self.card) as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return 1.0
            left = timeout - self.idle_seconds()
            if left > 0:
                return max(1.0, left)
            self.card.unlink()
            return 0.0


class Attached:
    """A server that `extract serve` keeps, with the face of a `Child` of one's own; closing it ends nothing."""

    def __init__(self, place: Place, card: Card) -> None:
        self.key = card.key
        self.log = Path(card.log)
        self.settings = card.settings
        self._place = place
        self._card = card

    def connect(self) -> str:
        """The URL of the server."""
        return self._card.url

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Keep the server from ending as idle; `EngineUnavailable` where it has ended, or is another one by now."""
        with ExitStack() as stack:
            try:
                card = stack.enter_context(self._place.held())
            except (OSError, Unfit):
                card = None
            if card != self._card:
                raise EngineUnavailable("what `extract serve` kept warm is gone")
            yield

    def ended(self, wait: float = 1.0) -> bool:
        """Whether the server is gone; a broken connection comes a moment before that can be seen."""
        until = time.monotonic() + wait
        while self._is_there():
            if time.monotonic() >= until:
                return False
            time.sleep(_PAUSE)
        return True

    def _is_there(self) -> bool:
        try:
            with self.hold():
                return True
        except EngineUnavailable:
            return False

    def ending(self) -> str:
        """How it ended, for people."""
        return "with the `extract serve` that kept it"

    def close(self, *, keep_log: bool = False) -> None:
        """Leave the server to those who use it yet, and its log to the server."""


def find_served(weights: Path, settings: Settings) -> tuple[Attached | None, str | None]:
    """The server of these weights, where one runs that fits; and a note about one, used or not.

    EXTRACT_SERVED=0 says not to look.
    """
    if os.environ.get("EXTRACT_SERVED") == "0":
        return None, None
    place = place_of(weights)
    try:
        with place.held() as card:
            told = f"the engine that `extract serve` keeps warm (pid {place.pid})"
            if why := _misfit(card, weights, settings):
                return None, f"not using {told}: {why}"
            return Attached(place, card), f"using {told}"
    except FileNotFoundError:
        return None, None
    except (OSError, Unfit) as error:
        why = getattr(error, "strerror", None) or str(error)
        return None, f"not using what `extract serve` keeps warm: {getattr(error, 'filename', place.card)}: {why}"


def place_of(weights: Path) -> Place:
    """The place of a file of weights: one for each machine, since a home can be on several."""
    name = _folder() / f"{_machine()}-{_digest(str(weights.resolve()))}"
    return Place(name.with_suffix(".json"), name.with_suffix(".lock"))


def served() -> list[Place]:
    """The places of all servers on this machine, starting or running."""
    places = [Place(lock.with_suffix(".json"), lock) for lock in sorted(_folder().glob(f"{_machine()}-*.lock"))]
    return [place for place in places if not place.is_free()]


def _folder() -> Path:
    return models.store().with_name("served")


def _machine() -> str:
    return _digest(os.uname().nodename)[:8]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()[:16]


@contextmanager
def _opened(path: Path, flags: int = os.O_RDONLY) -> Iterator[FileIO]:
    """A plain file that is this user's alone, in a folder that is; `PermissionError` for others."""
    _refuse_others(path.parent, os.lstat(path.parent), stat.S_IFDIR)
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o600)
    with FileIO(descriptor, "r+" if flags & os.O_RDWR else "r") as file:
        _refuse_others(path, os.fstat(descriptor), stat.S_IFREG)
        yield file


def _refuse_others(path: Path, found: os.stat_result, kind: int) -> None:
    if stat.S_IFMT(found.st_mode) != kind or found.st_uid != os.geteuid() or found.st_mode & _OTHERS:
        raise PermissionError(errno.EACCES, "is not yours alone (`chmod go=` or removing it helps)", str(path))


def _takes(lock: FileIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        time.sleep(_PAUSE)
        return False
    return True


def _parse(text: bytes) -> Card:
    """The card in its JSON."""
    try:
        fields = json.loads(text)
        if fields["version"] == __version__:
            return Card(**fields | {"settings": Settings(**fields["settings"])})
    except (ValueError, TypeError, KeyError) as error:
        raise Unfit("cannot be read") from error
    raise Unfit(f"is of version {fields['version']}, this one is {__version__}")


def _misfit(card: Card, weights: Path, asked: Settings) -> str | None:
    """What is asked for and the server does not have: 'it has threads 4, not 2'."""
    found = weights.stat()
    if (card.size, card.mtime_ns) != (found.st_size, found.st_mtime_ns):
        return "the weights have changed since it was started"
    running = card.settings
    pairs = {name: (getattr(asked, name), getattr(running, name)) for name in ("threads", "gpu_layers", "context")}
    if (asked.slots or 0) > (running.slots or 0):
        pairs["slots"] = (asked.slots, running.slots)
    wrong = [f"{name} {has}, not {wanted}" for name, (wanted, has) in pairs.items() if wanted not in (None, has)]
    return f"it has {', '.join(wrong)}" if wrong else None
