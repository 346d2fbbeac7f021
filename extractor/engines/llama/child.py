"""The child process: llama.cpp's own HTTP server on loopback, through xllamacpp. A script, not a module.

It imports nothing of this package, so that it starts as fast as it can and stays alone when it crashes.
In:  one line of JSON on stdin: {model, key, context, slots, threads, gpu_layers, verbosity}.
Out: one line of JSON on stdout: {url, context} or {error}. The log goes to stderr.
It ends when its stdin closes, so it cannot outlive its parent, whatever happened to that.
"""

import json
import os
import signal
import sys
import threading
from typing import Any


def main() -> None:
    """Serve until stdin closes."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is log
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    settings = json.loads(sys.stdin.readline())
    threading.Thread(target=end_with_parent, daemon=True).start()
    try:
        server, url = serve(settings)
    except Exception as error:  # noqa: BLE001  # the parent tells it
        print(json.dumps({"error": str(error) or type(error).__name__}), file=answer, flush=True)
        os._exit(1)
    print(json.dumps({"url": url, "context": settings["context"]}), file=answer, flush=True)
    threading.Event().wait()
    del server


def end_with_parent() -> None:
    """Leave at once when stdin ends, in mid-generation too; the weights are only mapped, nothing is lost."""
    while os.read(0, 4096):
        pass
    os._exit(0)


def serve(settings: dict[str, Any]) -> tuple[object, str]:
    """Load the weights and listen; returns the server (to be kept) and its address."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = settings["model"]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [settings["key"]]
    params.endpoint_slots = False
    params.ui = False
    params.cors_origins = ""
    params.n_ctx = settings["context"]
    params.n_parallel = settings["slots"]
    params.kv_unified = True  # a long document may use what short neighbours leave
    # What a slot has read is there again after another question, as is asked to prove a grammar.
    params.cache_ram_mib = 512
    params.n_gpu_layers = settings["gpu_layers"]
    params.cpuparams.n_threads = settings["threads"]
    params.cpuparams_batch.n_threads = settings["threads"]
    params.verbosity = settings["verbosity"]
    server = xllamacpp.Server(params)
    return server, server.listening_address


if __name__ == "__main__":
    main()
