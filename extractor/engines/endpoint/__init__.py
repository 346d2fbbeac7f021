"""Servers that are asked over HTTP in the OpenAI API, and what they honour.

`remote` finds out what an endpoint honours, by the answers to `proof`; `chat` asks in the mode that it is told to;
`wire` writes and reads bodies; `transport` sends them, with patience; `faults` says what an error means; `limited`
bounds what is read.
"""
