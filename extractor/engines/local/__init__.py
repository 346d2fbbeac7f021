"""Models of outlines, in this process.

`engine` is the engine; `runners` are what it calls in the thread of `worker`; `sources` is where the models come from.
"""
