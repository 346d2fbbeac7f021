"""How a document is put to a model, as far as a user chooses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from extractor.errors import UsageError
from extractor.types import Descriptor, Encoding, Form, Language, Order, Schema

# What people write for a language (its code, or a name of it), and what a prompt in each language calls it; whatever
# else is given goes into the prompt as it is.
_NAMES: dict[str, dict[Language, str]] = {
    "en": {"en": "English", "zh": "英文"},
    "zh": {"en": "Chinese", "zh": "中文"},
    "zh-hans": {"en": "Simplified Chinese", "zh": "简体中文"},
    "zh-hant": {"en": "Traditional Chinese", "zh": "繁体中文"},
    "ja": {"en": "Japanese", "zh": "日文"},
    "ko": {"en": "Korean", "zh": "韩文"},
    "fr": {"en": "French", "zh": "法文"},
    "de": {"en": "German", "zh": "德文"},
    "es": {"en": "Spanish", "zh": "西班牙文"},
    "it": {"en": "Italian", "zh": "意大利文"},
    "pt": {"en": "Portuguese", "zh": "葡萄牙文"},
    "ru": {"en": "Russian", "zh": "俄文"},
    "ar": {"en": "Arabic", "zh": "阿拉伯文"},
    "hi": {"en": "Hindi", "zh": "印地文"},
}
_CODES = {**{code: code for code in _NAMES}, "zh-tw": "zh-hant", "zh-hk": "zh-hant"}
_NAMED = {
    **{name.lower(): code for code, names in _NAMES.items() for name in names.values()},
    **{names["zh"].removesuffix("文") + "语": code for code, names in _NAMES.items()},  # 法文, 法语
    "汉语": "zh",
    "繁體中文": "zh-hant",
}


@dataclass(frozen=True, slots=True)
class PromptStyle:
    """What the prompt looks like.

    `descriptor` None is TypeScript for records, and definitions in JSON for tools, as models are trained with them.
    `encoding` is the format of the answer in mode `prompt` (in the others it is JSON). `language` None takes that of
    the document; `answer_language` ('zh', 'Portuguese') is for what the model writes in its own words. `instruction`
    takes the place of the schema's. `shots` None shows all examples in the script of the document, a number those that
    are most like it. `form` `completion` is one text that the model goes on with, for models that were not trained on
    chats. `order` `document-first` is for several questions about one document, whose text then is read once by engines
    that keep what they have read; it has no examples.
    """

    descriptor: Descriptor | None = None
    encoding: Encoding = "json"
    language: Language | None = None
    answer_language: str | None = None
    instruction: str | None = None
    shots: int | None = None
    form: Form = "chat"
    order: Order = "document-last"

    def told(self, schema: Schema) -> str:
        """What a user says beside the type."""
        return (schema.instruction or "" if self.instruction is None else self.instruction).strip()

    def __post_init__(self) -> None:
        """Raise `UsageError` for what there is not."""
        _refuse("descriptor", self.descriptor, (None, *get_args(Descriptor)))
        _refuse("encoding", self.encoding, get_args(Encoding))
        _refuse("language", self.language, (None, *get_args(Language)))
        _refuse("form", self.form, get_args(Form))
        _refuse("order", self.order, get_args(Order))
        if self.shots is not None and (isinstance(self.shots, bool) or not isinstance(self.shots, int)):
            raise UsageError(f"prompt style: shots {self.shots!r} is no whole number")
        if self.shots is not None and self.shots < 0:
            raise UsageError(f"prompt style: shots {self.shots} is less than 0")
        for name in ("instruction", "answer_language"):
            if not isinstance(value := getattr(self, name), str | None):
                raise UsageError(f"prompt style: {name} {value!r} is no text")
        if self.answer_language is not None and not any(map(str.isalpha, self.answer_language)):
            said = f"the answer language {self.answer_language!r} is none"
            raise UsageError(f"prompt style: {said}", hint="a code such as zh, or a name")


def name_language(answer_language: str, language: Language) -> str:
    """What a prompt calls a language: ('zh-CN', 'en') → 'Chinese', ('French', 'zh') → '法文', ('Ido', 'en') → 'Ido'."""
    asked = " ".join(answer_language.split())
    parts = asked.lower().replace("_", "-").split("-")
    tags = ("-".join(parts[:most]) for most in range(len(parts), 0, -1))
    code = _NAMED.get(asked.lower()) or next((_CODES[tag] for tag in tags if tag in _CODES), None)
    return _NAMES[code][language] if code else asked


def _refuse(name: str, value: Any, known: tuple[Any, ...]) -> None:
    if value not in known:
        hint = f"one of {', '.join(str(one) for one in known if one)}"
        raise UsageError(f"prompt style: {name} {value!r} is none", hint=hint)
