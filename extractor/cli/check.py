"""The work of `extract models check`: print what an engine is seen to honour."""

from __future__ import annotations

from dataclasses import asdict

from extractor.cli.terminal import plain
from extractor.engines import Session
from extractor.engines.examine import examine
from extractor.sinks import to_json


async def check_engine(engine: Session, *, as_json: bool) -> None:
    """Print what an engine is seen to honour, its context and its speed."""
    try:
        found = await examine(engine)
    finally:
        await engine.aclose()
    if as_json:
        print(to_json(asdict(found), indent=2))
        return
    print(plain(f"{found.engine}: {found.server}"))
    for mode, why in found.modes.items():
        print(plain(f"  {mode:12} {why or 'works'}"))
    print(f"  context      {f'{found.context:,} tokens' if found.context else 'not told'}")
    speed = f"{found.tokens_per_second:.1f} tokens/s written" if found.tokens_per_second else "no tokens counted"
    print(f"  speed        {speed}, first answer after {found.seconds:.2f} s")
