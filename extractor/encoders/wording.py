"""What a model is told about the form of its answer."""

from __future__ import annotations

from extractor.encoders.as_csv import header
from extractor.encoders.columns import table_of
from extractor.encoders.xml_text import root_name
from extractor.types import Encoding, Language, Schema

_PLAIN: dict[tuple[Encoding, Language], str] = {
    ("json", "en"): "Answer with JSON only.",
    ("json", "zh"): "只输出 JSON。",
    ("yaml", "en"): "Answer with YAML only.",
    ("yaml", "zh"): "只输出 YAML。",
    ("xml", "en"): "Answer with XML only, in one <{root}> element. Each item of a list is an <item> element.",
    ("xml", "zh"): "只输出 XML，最外层元素为 <{root}>。列表的每一项写成一个 <item> 元素。",
}
_TABLE: dict[Language, tuple[str, str, str]] = {
    "en": (
        "Answer with CSV only. The first line is: {header}",
        "Answer with CSV only: this header, and one line with the values: {header}",
        "\nSeparate the items of a list in one cell with '; '.",
    ),
    "zh": (
        "只输出 CSV。第一行为：{header}",
        "只输出 CSV：先写如下表头，再写一行数据：{header}",
        "\n同一单元格内的多个值用“; ”分隔。",
    ),
}


def instructions(schema: Schema, encoding: Encoding, language: Language) -> str:
    """One to three sentences: 'Answer with JSON only.'."""
    if encoding != "csv":
        return _PLAIN[encoding, language].format(root=root_name(schema))
    table = table_of(schema)
    many, one, lists = _TABLE[language]
    text = (one if table.rows == "one" else many).format(header=header(table))
    return text + lists if any(column.is_list for column in table.columns) else text
