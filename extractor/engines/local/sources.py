"""Where the models of outlines come from: a folder, the hub or a .gguf file, for transformers or llama-cpp-python."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from extractor import models
from extractor.engines.machine import context_for, usable_cores
from extractor.errors import EngineError, ExtractError, UsageError
from extractor.gguf import read_header

_FORMS = "transformers:FOLDER, transformers:OWNER/NAME[@REVISION] or llamacpp:FILE.gguf"
_ON_HUB = re.compile(r"([\w-][\w.-]*/[\w-][\w.-]*)(?:@([\w./-]+))?", re.ASCII)

# Libraries by spec, with the modules that have to be there and the extra that brings them.
_NEEDED = {
    "transformers": (("outlines", "transformers", "torch", "gguf"), "outlines"),
    "llamacpp": (("outlines", "llama_cpp"), "outlines-llamacpp"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A model that is not loaded yet: `where` is a folder or OWNER/NAME on the hub, `weights` a .gguf file instead."""

    library: str
    where: str = ""
    revision: str | None = None
    weights: models.Weights | None = None
    offline: bool = False

    @property
    def name(self) -> str:
        """As an id shows it, without folders: 'transformers:Qwen2.5-0.5B-Instruct'."""
        where = (
            self.weights.name if self.weights else Path(self.where).resolve().name if self._is_folder else self.where
        )
        return f"{self.library}:{where.rpartition('/')[2]}"

    @property
    def _is_folder(self) -> bool:
        return Path(self.where).is_dir()

    def is_here(self) -> bool:
        """Whether it is on this machine; of one on the hub, whether its configuration is in the hub's cache."""
        if self.weights is not None:
            return models.locate(self.weights) is not None
        if self._is_folder:
            return True
        from huggingface_hub import try_to_load_from_cache

        return isinstance(try_to_load_from_cache(self.where, "config.json", revision=self.revision), str)

    def fetch(self, on_progress: Callable[[models.Progress], None] | None = None) -> Path | None:
        """The path of the .gguf file, downloaded where needed; None where there is none."""
        if self.weights is None:
            return None
        return models.fetch(self.weights, offline=self.offline, on_progress=on_progress)

    def load(self) -> Any:
        """The outlines model (blocks, for a minute and more); raises `EngineError` where that is impossible."""
        path = self.fetch()
        try:
            return self._load_transformers(path) if path is None or self.library == "transformers" else _llama(path)
        except ExtractError:
            raise
        except Exception as error:
            raise self._explain(error) from error

    def _load_transformers(self, path: Path | None) -> Any:
        import outlines
        import torch
        from transformers import AutoModelForCausalLM, AutoTokenizer

        where = self.where if path is None else str(path.parent)
        kept: dict[str, Any] = {"local_files_only": self._is_offline or path is not None, "revision": self.revision}
        if path is not None:
            kept["gguf_file"] = path.name
        with _without_progress_bars():
            tokenizer = AutoTokenizer.from_pretrained(where, **kept)
            model = AutoModelForCausalLM.from_pretrained(where, dtype="auto", use_safetensors=True, **kept)
        return outlines.from_transformers(model.to("cuda" if torch.cuda.is_available() else "cpu"), tokenizer)

    @property
    def _is_offline(self) -> bool:
        return models.download_forbidden_by(offline=self.offline) is not None

    def _explain(self, error: Exception) -> ExtractError:
        """Whatever a library says about weights that it cannot load, in one line."""
        rule = models.download_forbidden_by(offline=self.offline)
        if rule and self.weights is None and not self._is_folder and isinstance(error, OSError):
            why = f"{self.where} is not in the hub's cache and {rule} forbids to download it"
            return UsageError(why, hint="run once without it, or give a folder")
        line = str(error).strip().partition("\n")[0] or type(error).__name__
        return EngineError(
            f"cannot load {self.name}: {line}", hint="the files may be damaged, or too large for the memory"
        )


def parse_source(spec: str, *, offline: bool = False) -> Source:
    """The source that a spec names; raises `UsageError` where it names none, or where an extra is missing."""
    library, colon, where = spec.partition(":")
    if library not in _NEEDED or not where:
        what = f"unknown model {spec!r} for outlines" if colon else f"{spec!r} does not say which library runs it"
        raise UsageError(what, hint=_FORMS)
    modules, extra = _NEEDED[library]
    if missing := [module for module in modules if find_spec(module) is None]:
        raise UsageError(f"{missing[0]} is not installed", hint=f"pip install 'extractor[{extra}]'")
    if library == "llamacpp" or _is_weights(where):
        return Source(library, weights=models.resolve(where), offline=offline)
    folder = Path(where).expanduser()
    if folder.is_dir():
        return Source(library, str(folder), offline=offline)
    found = _ON_HUB.fullmatch(where)
    if found is None or where.startswith("."):
        raise UsageError(f"{where!r}: that path does not exist", hint=_FORMS)
    return Source(library, found[1], revision=found[2], offline=offline)


def _is_weights(where: str) -> bool:
    return where in models.CATALOGUE or where.startswith("hf:") or where.lower().endswith(".gguf")


def _llama(path: Path) -> Any:
    import outlines
    from llama_cpp import Llama

    context = context_for(read_header(path))
    cores = usable_cores()
    # -1: as many layers as fit. With `verbose` it prints hundreds of lines.
    llama = Llama(str(path), n_ctx=context, n_threads=cores, n_threads_batch=cores, n_gpu_layers=-1, verbose=False)
    return outlines.from_llamacpp(llama)


@contextlib.contextmanager
def _without_progress_bars() -> Iterator[None]:
    """Loading is shown by the commands, and by nobody in a library."""
    from transformers import modeling_gguf_pytorch_utils as gguf
    from transformers.utils import logging

    were_shown, bar = logging.is_progress_bar_enabled(), getattr(gguf, "tqdm", None)
    logging.disable_progress_bar()
    gguf.tqdm = logging.tqdm  # its own bar is the one that cannot be switched off
    try:
        yield
    finally:
        gguf.tqdm = bar
        if were_shown:
            logging.enable_progress_bar()
