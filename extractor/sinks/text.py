"""JSON Lines, JSON and YAML: one record after another in a stream of text."""

from __future__ import annotations

import json
from time import monotonic
from typing import Any, TextIO

from extractor.lines import Line, escaped, to_json
from extractor.sinks.layout import Layout
from extractor.sinks.sink import Writer
from extractor.text import UNSAFE


class Flow:
    """A stream that is flushed once in `pause` seconds at most, while records come; 0 is at once."""

    __slots__ = ("_due", "_pause", "_stream", "put")

    def __init__(self, stream: TextIO, pause: float) -> None:
        self.put = stream.write
        self._stream = stream
        self._pause = pause
        self._due = 0.0

    def pass_on(self) -> None:
        """Let readers see what is written, where it is time for that."""
        if (now := monotonic()) >= self._due:
            self._stream.flush()
            self._due = now + self._pause

    def end(self) -> None:
        """Let readers see all of it."""
        self._stream.flush()


def text_writer(flow: Flow, layout: Layout) -> Writer:
    """The writer of a form of text."""
    return LinesWriter(flow, layout) if layout.form == "jsonl" else TextWriter(flow, layout)


class LinesWriter:
    """JSON Lines; a record goes out in the text that it came in."""

    def __init__(self, flow: Flow, layout: Layout) -> None:
        self._flow = flow
        self._view = layout.view
        self._is_list = layout.is_list

    def write(self, line: Line) -> int:
        """A line for each value; 1 for a whole record."""
        count, flow = 1, self._flow
        if self._view == "record":
            flow.put(line.text + "\n")
        else:
            texts = [*line.texts(self._view, is_list=self._is_list)]
            flow.put("".join(f"{text}\n" for text in texts))
            count = len(texts)
        flow.pass_on()
        return count

    def finish(self) -> None:
        """There is no end to write."""
        self._flow.end()


class TextWriter:
    """JSON for people, a list unless there is a single document; YAML, a document for each value."""

    def __init__(self, flow: Flow, layout: Layout) -> None:
        self._flow = flow
        self._layout = layout
        self._is_first = True

    def write(self, line: Line) -> int:
        """Each value with what separates it from the one before, at once."""
        count = 0
        for text in line.texts(self._layout.view, is_list=self._layout.is_list):
            self._flow.put(self._lead() + self._encoded(json.loads(text)))
            self._is_first = False
            count += 1
        self._flow.pass_on()
        return count

    def finish(self) -> None:
        """The end of a list."""
        if self._layout.form == "json" and not self._layout.single:
            self._flow.put("[]\n" if self._is_first else "\n]\n")
        self._flow.end()

    def _lead(self) -> str:
        if self._layout.single:
            return ""
        if self._layout.form == "yaml":
            return "---\n"
        return "[\n" if self._is_first else ",\n"

    def _encoded(self, value: Any) -> str:
        if self._layout.form == "yaml":
            return to_yaml(value)
        return to_json(value, indent=2) + ("\n" if self._layout.single else "")


def to_yaml(data: Any) -> str:
    """YAML in readable characters; a text with unsafe ones is quoted, so that escapes work in it."""
    import yaml  # only this format needs it

    class Dumper(yaml.SafeDumper):
        """Safe, with our own way to write strings."""

    def represent(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"' if UNSAFE.search(text) else None)

    Dumper.add_representer(str, represent)
    if not isinstance(data, dict | list):
        return to_json(data) + "\n"  # of a lone scalar, PyYAML marks the end with dots
    text: str = yaml.dump(data, Dumper=Dumper, allow_unicode=True, sort_keys=False, width=100)
    return escaped(text)
