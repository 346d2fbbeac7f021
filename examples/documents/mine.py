"""A reader of subtitle files (.srt): the spoken lines without numbers and times."""

import re

_CUE = re.compile(r"\d+\n[\d:,]+ --> [\d:,]+\n(.*?)(?:\n\n|\Z)", re.DOTALL)


def read(data: bytes, name: str) -> str:
    """The text of a file; `name` is for messages."""
    lines = _CUE.findall(data.decode("utf-8-sig").replace("\r\n", "\n").strip() + "\n\n")
    if not lines:
        raise ValueError(f"no subtitles in {name}")
    return "\n".join(line.strip() for line in lines)
