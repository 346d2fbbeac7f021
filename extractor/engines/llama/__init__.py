"""Weights that llama.cpp runs here, in a child process that serves its HTTP API on loopback.

`engine` is the engine; `process` starts the child, whose program is `child`; `gate` lets one request be alone; `warm`
is how other processes find a child that `extract serve` keeps.
"""
