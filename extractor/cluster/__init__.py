"""The same work on many machines: workers of Ray hold engines, the driver alone knows sources, ledger and sink.

`open_cluster(address, job)` gives a `Cluster`, whose `ask(document)` is what `extract(document, …)` is here.
"""

from __future__ import annotations

from extractor.cluster.driver import Cluster, open_cluster
from extractor.cluster.job import Job

__all__ = ["Cluster", "Job", "open_cluster"]
