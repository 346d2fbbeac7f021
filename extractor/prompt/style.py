"""How a document is put to a model, as far as a user chooses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, get_args

from extractor.errors import UsageError
from extractor.types import Descriptor, Encoding, Form, Language

# Names for what people write as codes; whatever else is given goes into the prompt as it is.
_LANGUAGES: dict[Language, dict[str, str]] = {
    "en": {
        "en": "English",
        "zh": "Chinese",
        "zh-tw": "Traditional Chinese",
        "zh-hk": "Traditional Chinese",
        "zh-hant": "Traditional Chinese",
        "ja": "Japanese",
        "ko": "Korean",
        "fr": "French",
        "de": "German",
        "es": "Spanish",
        "it": "Italian",
        "pt": "Portuguese",
        "ru": "Russian",
        "ar": "Arabic",
        "hi": "Hindi",
    },
    "zh": {
        "en": "英文",
        "zh": "中文",
        "zh-tw": "繁体中文",
        "zh-hk": "繁体中文",
        "zh-hant": "繁体中文",
        "ja": "日文",
        "ko": "韩文",
        "fr": "法文",
        "de": "德文",
        "es": "西班牙文",
        "it": "意大利文",
        "pt": "葡萄牙文",
        "ru": "俄文",
        "ar": "阿拉伯文",
        "hi": "印地文",
    },
}


@dataclass(frozen=True, slots=True)
class PromptStyle:
    """What the prompt looks like.

    `encoding` is the format of the answer in mode `prompt` (in the others it is JSON). `language` None takes that of
    the document; `answer_language` ('zh', 'Portuguese') is for what the model writes in its own words. `instruction`
    takes the place of the schema's. `shots` None shows all examples, a number those that are most like the document.
    `form` `completion` is one text that the model goes on with, for models that were not trained on chats.
    """

    descriptor: Descriptor = "typescript"
    encoding: Encoding = "json"
    language: Language | None = None
    answer_language: str | None = None
    instruction: str | None = None
    shots: int | None = None
    form: Form = "chat"

    def __post_init__(self) -> None:
        """Raise `UsageError` for what there is not."""
        _refuse("descriptor", self.descriptor, get_args(Descriptor))
        _refuse("encoding", self.encoding, get_args(Encoding))
        _refuse("language", self.language, (None, *get_args(Language)))
        _refuse("form", self.form, get_args(Form))
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
    """What a prompt calls a language: ('zh-CN', 'en') → 'Chinese', ('zh', 'zh') → '中文', ('Latin', 'en') → 'Latin'."""
    code = answer_language.strip().lower().replace("_", "-")
    names = _LANGUAGES[language]
    parts = code.split("-")
    codes = ("-".join(parts[:most]) for most in range(len(parts), 0, -1))
    return next((names[one] for one in codes if one in names), " ".join(answer_language.split()))


def _refuse(name: str, value: Any, known: tuple[Any, ...]) -> None:
    if value not in known:
        hint = f"one of {', '.join(str(one) for one in known if one)}"
        raise UsageError(f"prompt style: {name} {value!r} is none", hint=hint)
