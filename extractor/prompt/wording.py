"""What is said around the description of a record, in English and in Chinese.

Wording decides more than machinery: tests/benchmarks/wordings.py races alternatives, and one takes the place of
another only where its interval says so. To tell a small model in Chinese to copy names cost it entities.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from extractor.types import Language


@dataclass(frozen=True, slots=True)
class Wording:
    """All that a model is told in one language.

    `system` has places for {task}, {instruction}, {type}, {absent} and {language}; a paragraph of which nothing is left
    goes. The task is `one` or `many`, with a place for {format}, in JSON `one_json` or `many_json`. `after` stands
    behind the document.
    """

    system: str
    one: str
    many: str
    one_json: str
    many_json: str
    absent: str  # in formats that know null, where null may stand anywhere; both with the space behind them
    empty: str  # in those that do not
    own_language: str
    answer_language: str
    after: str = ""
    again: str = ""
    pieces: str = ""
    think: str = ""
    answer_now: str = ""
    made: str = ""  # to have a headline written for a label
    one_label: str = ""
    none: str = ""  # as a label, of what none of the others is right for
    without: str = ""  # of a text that names what the document does not have
    call: str = ""  # of tools, as the rest
    calls: str = ""
    call_form: str = ""
    call_fields: str = ""  # the same where the form is no JSON
    unstated: str = ""
    no_call: str = ""
    no_tool: str = ""  # the form of such an answer where it is no JSON
    open_call: str = ""
    no_function: str = ""  # where a server has the tools


ENGLISH = Wording(
    system="""\
{task}

{instruction}

{type}

Copy names, numbers and dates from the text. {absent}{language}""",
    one="Extract this record from the text. {format}",
    many="Extract all such records from the text, each once, as one list. {format}",
    one_json="Extract this record from the text and answer with JSON only:",
    many_json="Extract all such records from the text, each once, and answer with one JSON list only:",
    absent="Write null where the text does not state a value. ",
    empty="Leave empty what the text does not state. ",
    own_language="Write in the language of the text.",
    answer_language="Whatever you write in your own words, write in {name}.",
    again="""\
Your answer is not right yet:
{faults}

Answer once more. {format}

{type}""",
    pieces="""\
Of your answer these places are wrong or missing:
{faults}

Answer for them alone, with one JSON object that has each place as a key:

{type}""",
    without="say it without {names}, which the text does not have",
    think="""\
Before you answer, think about the text in a few plain sentences: what states each value, and what is not stated? \
Do not write the answer yet.""",
    answer_now="Now answer, as described above. {format}",
    made="Write a headline, and only that. The {name} ({about}) of its article is {label}.",
    one_label="one of {labels}",
    none="other",
    call="Choose the tool that does what the user asks for, and take its arguments from what the user says.",
    calls="""\
The user asks for one thing or for several. For each of them, in order, choose the tool that does it, and take its \
arguments from what the user says.""",
    call_form="Answer with JSON only: {form}",
    call_fields="The fields of a call are tool (its name) and arguments.",
    unstated="Leave out optional arguments that the user does not state.",
    no_call="Where no tool does what the user asks for, answer {form}.",
    no_tool="with an empty tool, and a reason",
    open_call="Write null for an argument that the user does not state; never make one up.",
    no_function="Where no tool does what the user asks for, call none, and say why.",
)

CHINESE = Wording(
    system="""\
{task}

{instruction}

{type}

{absent}{language}""",
    one="从文本中提取信息。{format}",
    many="从文本中提取所有这样的记录，每条一次，写成一个列表。{format}",
    one_json="从文本中提取信息，写成 JSON：",
    many_json="从文本中提取所有这样的记录，每条一次，写成一个 JSON 列表：",
    absent="原文没有说明的值写 null。",
    empty="原文没有说明的值留空。",
    own_language="用原文的语言书写。",
    answer_language="用自己的话写的内容一律用{name}书写。",
    again="""\
你的回答还不对：
{faults}

请重新回答。{format}

{type}""",
    pieces="""\
你的回答中这些位置有错误或缺失：
{faults}

只回答这些位置，写成一个 JSON 对象，以每个位置为键：

{type}""",
    without="原文没有{names}，不要写",
    think="回答之前，先用几句话想一想：原文的哪些话说明了每个值？哪些值没有说明？先不要写出答案。",
    answer_now="现在按上面的说明回答。{format}",
    made="写一个标题，只写标题。文章的{name}（{about}）是“{label}”。",
    one_label="{labels}之一",
    none="其他",
    call="选择能完成用户请求的工具，并从用户的话中取出它的参数。",
    calls="用户的请求可能有一件或几件事。请按顺序为每件事选择能完成它的工具，并从用户的话中取出参数。",
    call_form="只用 JSON 回答：{form}",
    call_fields="每次调用的字段是 tool（工具名）和 arguments。",
    unstated="用户没有说明的可选参数不要写。",
    no_call="如果没有工具能完成用户的请求，就回答 {form}。",
    no_tool="空的 tool 和原因 reason",
    open_call="用户没有说明的参数写 null，不要编造。",
    no_function="如果没有工具能完成用户的请求，就不要调用，并说明原因。",
)

WORDINGS: Mapping[Language, Wording] = {"en": ENGLISH, "zh": CHINESE}
