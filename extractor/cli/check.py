"""The work of `extract models check`: print what an engine is seen to honour, each line as soon as it is known."""

from __future__ import annotations

from typing import Any

from extractor.cli.terminal import Screen, plain
from extractor.engines import Session
from extractor.engines.examine import find_context, identify, measure, try_mode
from extractor.engines.replay import ReplayEngine
from extractor.errors import UsageError
from extractor.lines import to_json


def refuse_script(session: Session) -> None:
    """A script honours whatever it says, so nothing can be learned from it."""
    if isinstance(session.engine, ReplayEngine):
        what = f"{session.id} is a script, whose answers are written down: there is nothing to check"
        raise UsageError(what, hint=f"`extract run … --model replay:{session.engine.path}` plays it")


async def check_engine(session: Session, screen: Screen, limit: float | None, *, as_json: bool) -> None:
    """Try an engine step by step; JSON is printed at the end. `limit` is in seconds, of one answer.

    Raises what makes a check impossible.
    """

    def tell(line: str) -> None:
        if not as_json:
            print(plain(line), flush=True)

    modes: dict[str, str] = {}
    try:
        with screen.working("asking which server it is"):
            server = await identify(session)
        found: dict[str, Any] = {"engine": session.id, "server": server, "modes": modes}
        tell(f"{session.id}: {server}")
        with screen.working("timing an answer"):
            speed = await measure(session, limit)
            context = await find_context(session)
        found |= {"context": context, **speed._asdict()}
        tell(f"  context      {f'{context:,} tokens' if context else 'not told'}")
        rate = f"{speed.tokens_per_second:.1f} tokens/s written" if speed.tokens_per_second else "no tokens counted"
        tell(f"  speed        {rate}, first answer after {speed.seconds:.2f} s")
        tried = getattr(session.engine, "candidates", session.modes)
        for mode in session.modes:
            with screen.working(f"trying mode {mode}"):
                modes[mode] = await try_mode(session, mode, limit)
            works = "works" if mode in tried else f"works, but --mode auto does not try it here: --mode {mode}"
            tell(f"  {mode:12} {modes[mode] or works}")
    finally:
        await session.aclose()
    if as_json:
        print(to_json(found, indent=2))
