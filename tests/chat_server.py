"""llama.cpp's own HTTP server, as a user of ours might run one: a script for a process of its own.

argv: the weights. Prints its URL when it listens; ends when its stdin closes. smollm2 has no template for tools, so it
gets one here: what is tested is the protocol, not the model.
"""

from __future__ import annotations

import os
import sys
import threading

import xllamacpp

TEMPLATE = """\
{%- if tools %}<|im_start|>system
You can call these functions:
{% for tool in tools %}{{ tool | tojson }}
{% endfor %}A call is written as
<tool_call>
{"name": NAME, "arguments": ARGUMENTS}
</tool_call><|im_end|>
{% endif %}
{%- for message in messages %}<|im_start|>{{ message.role }}
{% if message.content %}{{ message.content }}{% endif %}
{%- for call in message.tool_calls or [] %}
<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>
{%- endfor %}<|im_end|>
{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""


def main() -> None:
    params = xllamacpp.CommonParams()
    params.model.path = sys.argv[1]
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.n_ctx = 8192
    params.n_parallel = 1
    params.use_jinja = True
    params.chat_template = TEMPLATE
    params.verbosity = 0
    # Of two threads each waits for the other at every step, and beside other tests that is longer than what it saves.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    threading.Thread(target=end, daemon=True).start()
    threading.Event().wait()


def end() -> None:
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
