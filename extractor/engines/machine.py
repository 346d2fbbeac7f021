"""What this process may use of the machine: cores and memory, the limits of a container included."""

from __future__ import annotations

import os
from pathlib import Path

from extractor.gguf import Header

_CGROUP = Path("/sys/fs/cgroup")
_SMT = Path("/sys/devices/system/cpu/smt/active")

# A longer context costs hours of prefill on a processor, and memory on models that claim a million tokens.
_MOST_CONTEXT = 65_536
_LEAST_CONTEXT = 2_048
_CONTEXT_SHARE_OF_MEMORY = 0.25
_UNKNOWN_KV_BYTES = 131_072  # of a token, where the header does not say: a model of 8 billion parameters


def usable_cores() -> int:
    """Physical cores for computing: hyper-threads of one core share the units that matrix products need."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    if _read(_SMT) == "1":
        cores = max(1, cores // 2)
    quota, _, period = (_read(_CGROUP / "cpu.max") or "max").partition(" ")
    return max(1, min(cores, int(quota) // int(period))) if quota.isdigit() and period.isdigit() else cores


def available_memory() -> int:
    """Bytes that can be taken without swapping; half of the memory where the system does not say."""
    limits = [_meminfo() or os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2]
    ceiling, used = _read(_CGROUP / "memory.max") or "max", _read(_CGROUP / "memory.current") or ""
    if ceiling.isdigit() and used.isdigit():
        limits.append(int(ceiling) - int(used))
    return max(0, min(limits))


def context_for(header: Header) -> int:
    """Tokens of context: what the model was trained on, as far as a share of the free memory holds its cache."""
    share = int(available_memory() * _CONTEXT_SHARE_OF_MEMORY)
    affordable = share // (header.kv_bytes_per_token or _UNKNOWN_KV_BYTES)
    return min(header.context_length or _LEAST_CONTEXT, _MOST_CONTEXT, max(_LEAST_CONTEXT, affordable))


def _meminfo() -> int | None:
    for line in (_read(Path("/proc/meminfo")) or "").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _read(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None
