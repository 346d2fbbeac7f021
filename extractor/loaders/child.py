"""The process that parses hostile files: little memory, no network, nothing to lose.

A request is a line of JSON and the bytes of the file, the answer a line of JSON; it ends when its input does. What
PDFium, libxml2 or a crafted file may do ends here, and takes no run down.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import threading
from typing import Any, BinaryIO

from extractor.errors import SourceError
from extractor.loaders.loaded import Loaded, UnreadableError

MOST_MEMORY = 2 << 30  # bytes; of address space, where the system counts that


def main() -> None:
    """Answer requests until there are no more."""
    requests, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print is no answer
    _confine()
    while line := requests.readline():
        answer = json.dumps(_answered(json.loads(line), requests)) + "\n"
        answers.write(answer.encode())
        answers.flush()


def _answered(request: dict[str, Any], requests: BinaryIO) -> dict[str, Any]:
    try:
        data = requests.read(request["size"])
        found = _deep(lambda: _read(request, data))
    except UnreadableError as error:
        return {"error": error.message, "hint": error.hint}
    except SourceError as error:
        return {"error": str(error).removeprefix(f"{request['name']}: "), "hint": error.hint}
    except MemoryError:
        return {"error": f"needs more than {MOST_MEMORY >> 30} GiB to be read", "hint": None}
    except RecursionError:
        return {"error": "its parts are nested too deep to be read", "hint": None}
    except Exception as error:  # noqa: BLE001  # a library's fault on a bad file
        return {"error": f"cannot be read ({type(error).__name__}: {str(error)[:200]})", "hint": None}
    return {"text": found.text, "notes": found.notes, "metadata": dict(found.metadata)}


def _read(request: dict[str, Any], data: bytes) -> Loaded:
    kind = request["kind"]
    if kind == "html":
        from extractor.loaders import html

        how = {name: request[name] for name in ("raw", "charset", "given")}
        return html.read(request["name"], data, **how)
    if kind == "pdf":
        from extractor.loaders import pdf

        return pdf.read(data, raw=request["raw"])
    if kind == "docx":
        from extractor.loaders import docx

        return docx.read(data)
    from extractor.loaders import epub

    return epub.read(data)


def _deep(work: Any) -> Loaded:
    """The outcome of work on a stack that is deep enough for what Python allows, so that a page cannot overflow it."""
    outcome: list[Any] = []

    def do() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # noqa: BLE001  # raised where it is asked for
            outcome.append(error)

    threading.stack_size(64 << 20)
    thread = threading.Thread(target=do)
    thread.start()
    thread.join()
    if isinstance(outcome[0], BaseException):
        raise outcome[0]
    found: Loaded = outcome[0]
    return found


def _confine() -> None:
    """Bound the memory, dump no core, and reach no network: nothing is fetched on behalf of a document."""
    with contextlib.suppress(ImportError):
        import resource

        for limit, most in ((resource.RLIMIT_AS, MOST_MEMORY), (resource.RLIMIT_CORE, 0), (resource.RLIMIT_FSIZE, 0)):
            with contextlib.suppress(ValueError, OSError):
                resource.setrlimit(limit, (most, most))
    sys.addaudithook(_refuse_network)


def _refuse_network(event: str, _: Any) -> None:
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system", "os.exec"}:
        raise PermissionError(f"{event} on behalf of a document")


if __name__ == "__main__":
    main()
