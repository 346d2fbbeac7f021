"""Ask one of the peers, in an environment of its own: it is started by peers.py, and imports nothing of ours.

    python peers_worker.py PEER URL MODEL

Each line of stdin is {text, fields: [{name, about, labels | most}], example, instruction?, sentences?}: a field with
labels is one of them, any other a list of at most so many texts. The answer is a line of stdout: {data} or {error}.
`instruction` stands in the place that the peer has for one, or its `sentences` where the peer describes the fields
itself; without them the peer is used as its own documents show.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

MOST_TOKENS = 200
SECONDS = 300


def main() -> None:
    """Answer until stdin ends."""
    peer, url, model = sys.argv[1:]
    os.environ["OPENAI_API_KEY"] = "none"
    ask = {"kor": kor, "langextract": langextract, "instructor": instructor, "outlines": outlines, "llm": llm}[peer]
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints is no answer
    for line in sys.stdin:
        task = json.loads(line)
        try:
            with contextlib.redirect_stdout(sys.stderr):
                answer = {"data": ask(task, url, model)}
        except Exception as error:  # noqa: BLE001 - whatever a peer raises is its result
            answer = {"error": f"{type(error).__name__}: {error}"[:300]}
        answers.write(json.dumps(answer, ensure_ascii=False) + "\n")
        answers.flush()


def kor(task, url, model):
    """Its nodes, its prompt, its parser, an example as its documents have it; JSON, as its CSV has no lists."""
    from kor import Object, Option, Selection, Text, create_extraction_chain
    from langchain_core.prompts import PromptTemplate
    from langchain_openai import ChatOpenAI

    nodes = [
        Selection(
            id=field["name"],
            description=field["about"],
            options=[Option(id=label, examples=[]) for label in field["labels"]],
        )
        if "labels" in field
        else Text(id=field["name"], description=about(field), many=True)
        for field in task["fields"]
    ]
    shown = task["example"]
    node = Object(id="record", description="", attributes=nodes, examples=[(shown["text"], shown["data"])], many=False)
    own = task.get("sentences")
    template = own and PromptTemplate.from_template(
        own.replace("{", "{{").replace("}", "}}") + "\n\n{type_description}\n\n{format_instructions}\n\n"
    )
    bounds = {"max_tokens": MOST_TOKENS}  # langchain has another name for it, that few servers know
    chat = ChatOpenAI(
        base_url=url, model=model, temperature=0, extra_body=bounds, timeout=SECONDS, max_retries=0, api_key="none"
    )
    chain = create_extraction_chain(chat, node, encoder_or_encoder_class="json", instruction_template=template or None)
    found = chain.invoke(task["text"])
    return found["data"].get("record")


def langextract(task, url, model):
    """Its prompt and its examples, one of which it cannot do without; a label is an attribute of an extraction."""
    import langextract as lx
    from langextract.providers.openai import OpenAILanguageModel

    shown = task["example"]
    extractions = []
    for field in task["fields"]:
        value = shown["data"][field["name"]]
        if "labels" in field:
            extractions.append(lx.data.Extraction(field["name"], shown["text"], attributes={"label": value}))
        else:
            extractions += [lx.data.Extraction(field["name"], one) for one in value]
    told = "; ".join(
        f"{field['name']}: {about(field)}" + (f", one of {', '.join(field['labels'])}" if "labels" in field else "")
        for field in task["fields"]
    )
    found = lx.extract(
        task["text"],
        prompt_description=f"{task.get('sentences') or 'Extract from the text, in order of appearance:'} {told}",
        examples=[lx.data.ExampleData(shown["text"], extractions)],
        model=OpenAILanguageModel(
            model_id=model, api_key="none", base_url=url, temperature=0.0, max_output_tokens=MOST_TOKENS
        ),
        fence_output=True,
        use_schema_constraints=False,
        show_progress=False,
        max_char_buffer=100_000,
    )
    data = {field["name"]: None if "labels" in field else [] for field in task["fields"]}
    for one in found.extractions or ():
        if one.extraction_class not in data:
            continue
        if data[one.extraction_class] is None:
            data[one.extraction_class] = (one.attributes or {}).get("label")
        elif isinstance(data[one.extraction_class], list):
            data[one.extraction_class].append(one.extraction_text)
    return data


def about(field):
    """What a field is, for those that cannot bound a list."""
    return f"{field['about']} (at most {field['most']})" if "most" in field else field["about"]


def model_of(task):
    """The Pydantic class of a task."""
    from typing import Literal

    from pydantic import Field, create_model

    fields = {
        field["name"]: (
            Literal[tuple(field["labels"])] if "labels" in field else list[str],
            Field(description=field["about"], max_length=field.get("most")),
        )
        for field in task["fields"]
    }
    return create_model("Record", **fields)


def chat_of(task):
    """The text, behind the instruction if there is one."""
    own = task.get("instruction")
    return [*([{"role": "system", "content": own}] if own else []), {"role": "user", "content": task["text"]}]


def instructor(task, url, model):
    """Its strict mode for servers with JSON schemas; it asks again where an answer is not valid."""
    import instructor as library
    from openai import OpenAI

    client = library.from_openai(
        OpenAI(base_url=url, api_key="none", timeout=SECONDS, max_retries=0), mode=library.Mode.JSON_SCHEMA
    )
    found = client.chat.completions.create(
        model=model, response_model=model_of(task), messages=chat_of(task), temperature=0, max_tokens=MOST_TOKENS
    )
    return found.model_dump()


def outlines(task, url, model):
    """Its model of an OpenAI server, with the class as output type."""
    import outlines as library
    from openai import OpenAI
    from outlines.inputs import Chat

    client = library.from_openai(OpenAI(base_url=url, api_key="none", timeout=SECONDS, max_retries=0), model)
    text = client(Chat(chat_of(task)), model_of(task), temperature=0, max_tokens=MOST_TOKENS)
    return json.loads(text)


def llm(task, url, model):
    """Its command line, with the schema as JSON; the text comes from stdin."""
    schema = model_of_json(task)
    with tempfile.TemporaryDirectory() as home:
        (Path(home) / "extra-openai-models.yaml").write_text(
            f"- model_id: here\n  model_name: {model}\n  api_base: {url}\n  supports_schema: true\n"
        )
        own = ["-s", task["instruction"]] if task.get("instruction") else []
        done = subprocess.run(
            [
                *(str(Path(sys.executable).with_name("llm")), "-m", "here", "--no-stream", "--no-log"),
                *("-o", "temperature", "0", "-o", "max_tokens", str(MOST_TOKENS)),
                *("--schema", json.dumps(schema), *own),
            ],
            input=task["text"],
            capture_output=True,
            text=True,
            timeout=SECONDS,
            env={**os.environ, "LLM_USER_PATH": home},
            check=False,
        )
    if done.returncode:
        raise RuntimeError(done.stderr.strip()[-200:])
    return json.loads(done.stdout)


def model_of_json(task):
    """The JSON Schema of a task."""
    kinds = {
        field["name"]: {"enum": field["labels"], "type": "string", "description": field["about"]}
        if "labels" in field
        else {"type": "array", "items": {"type": "string"}, "maxItems": field["most"], "description": field["about"]}
        for field in task["fields"]
    }
    return {"type": "object", "properties": kinds, "required": [*kinds]}


if __name__ == "__main__":
    main()
