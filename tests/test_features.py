"""Every feature that a schema can have, asked of real weights: refused before any token, or constrained and checked.

For each feature there is a schema, a text that suits it, and data that breaks it. What the model wrote is held against
the grammar by llguidance itself, and what comes out of it against the schema by readers that are not ours: jsonschema
with the draft's own class, the user's own type. The data that breaks it shows that these readers can say no.
"""

from __future__ import annotations

import asyncio
import base64
import datetime as dt
import ipaddress
import json
import random
import runpy
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import Enum, IntEnum
from fractions import Fraction
from ipaddress import IPv4Address, IPv6Address
from itertools import product
from pathlib import Path
from string import ascii_lowercase
from typing import Annotated, Any, Generic, Literal, NamedTuple, NewType, TypeVar

import pytest
import regex
from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError as Breach
from jsonschema.exceptions import best_match
from jsonschema.validators import extend, validator_for
from llguidance import LLMatcher, LLTokenizer
from pydantic import (
    AfterValidator,
    AliasChoices,
    AliasPath,
    AnyUrl,
    AwareDatetime,
    Base64Bytes,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    HttpUrl,
    PositiveInt,
    RootModel,
    SecretStr,
    StringConstraints,
    TypeAdapter,
    UrlConstraints,
    ValidationError,
    WithJsonSchema,
    computed_field,
    create_model,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic.dataclasses import dataclass as pydantic_dataclass
from test_cli import SMOL, Finished, write_files
from test_cli import extract as run_extract
from typing_extensions import TypedDict

from extractor import models
from extractor.engines import LlamaEngine, Settings
from extractor.errors import EngineError, InvalidOutput, PromptTooLong, RequestRejected, SchemaError, Truncated
from extractor.forgiving import spoken
from extractor.formats import SHAPES
from extractor.grammar import compile_schema
from extractor.options import Options
from extractor.pipeline import extract
from extractor.schema import load
from extractor.schema import many as list_of
from extractor.types import Completion, Document, Extraction, FinishReason, Message, Mode, Request, Schema, Usage

PATIENCE = 120.0  # seconds until a case is given up: what takes longer hangs
# One thread: with two on a busy machine llama.cpp waits for its own threads and takes many times as long. The second
# slot is for the canaries, so that they leave the common beginning of the prompts where it is.
SMALL = Settings(slots=2, threads=1, context=2048)
BYTES = LLTokenizer("byte")

FERRY = "Ferry 42 left on 28 February 2026 with Ann and Bo."


@dataclass(frozen=True)
class Case:
    """What a user hands in, and data that breaks it.

    `means` is the JSON Schema of an inline schema; `reads_back` is False where names are written that are not read.
    """

    schema: Any
    wrong: Any
    text: str = FERRY
    tokens: int = 120
    many: bool = False
    means: Any = None
    reads_back: bool = True


def of(type_: Any) -> type[BaseModel]:
    """A Pydantic class with one field."""
    return create_model("Thing", value=(type_, ...))


def each(**properties: Any) -> dict[str, Any]:
    """A JSON Schema of an object whose properties are all required."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def value(**node: Any) -> dict[str, Any]:
    """One with a single property: value(type='integer')."""
    return each(value=node)


# --- readers that are not ours -------------------------------------------------------------------------------


def check_pattern(_: Any, pattern: str, text: Any, __: Any) -> Iterator[Breach]:
    """By `regex`: `re` knows no Unicode properties, and may search for years."""
    if isinstance(text, str) and not regex.search(pattern, text, timeout=20):
        yield Breach(f"{text!r} does not match {pattern!r}")


def check_patterns(validator: Any, patterns: Mapping[str, Any], record: Any, __: Any) -> Iterator[Breach]:
    for name in record if isinstance(record, dict) else ():
        for pattern, node in patterns.items():
            if regex.search(pattern, name, timeout=20):
                yield from validator.descend(record[name], node, path=name)


def check_others(validator: Any, node: Any, record: Any, schema: Mapping[str, Any]) -> Iterator[Breach]:
    for name in record if isinstance(record, dict) else ():
        patterns = schema.get("patternProperties", ())
        if name not in schema.get("properties", ()) and not any(regex.search(one, name) for one in patterns):
            yield from validator.descend(record[name], node, path=name)


def check_step(_: Any, step: float, number: Any, __: Any) -> Iterator[Breach]:
    """In decimals: 19.99 is a multiple of 0.01."""
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    if is_number and (Fraction(str(number)) / Fraction(str(step))).denominator != 1:
        yield Breach(f"{number!r} is not a multiple of {step!r}")


OURS = {
    "pattern": check_pattern,
    "patternProperties": check_patterns,
    "additionalProperties": check_others,
    "multipleOf": check_step,
}

EXPRESSIONS = {
    "base64url": r"([A-Za-z0-9_-]{4})*([A-Za-z0-9_-]{2,3}=*)?",
    "duration": r"P(?!$)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?)",
    "hostname": r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*",
    "iri": r"[A-Za-z][A-Za-z0-9+.-]*:\S*",
    "iri-reference": r"\S*",
    "json-pointer": r"(/([^/~]|~[01])*)*",
    "multi-host-uri": r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]*",
    "relative-json-pointer": r"\d+(#|([+-]\d+)?(/([^/~]|~[01])*)*)",
    "time": r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]*",
    "uri-reference": r"[!-~]*",
    "uri-template": r"([^{}\s]|\{[^{}\s]+\})*",
    "url": r"[A-Za-z][A-Za-z0-9+.-]*:[!-~]*",
}
PARSERS: dict[str, Callable[[str], object]] = {
    "base64": lambda text: base64.b64decode(text, validate=True),
    "byte": lambda text: base64.b64decode(text, validate=True),
    "decimal": Decimal,
    "json-string": json.loads,
    "ipvanyaddress": ipaddress.ip_address,
    "ipvanyinterface": ipaddress.ip_interface,
    "ipvanynetwork": ipaddress.ip_network,
    "ipv4interface": ipaddress.IPv4Interface,
    "ipv4network": ipaddress.IPv4Network,
    "ipv6interface": ipaddress.IPv6Interface,
    "ipv6network": ipaddress.IPv6Network,
}


def fits(pattern: str) -> Callable[[object], bool]:
    return lambda text: not isinstance(text, str) or regex.fullmatch(pattern, text) is not None


def parses(parse: Callable[[str], object]) -> Callable[[object], bool]:
    """A checker that raises what the parser raises."""
    return lambda text: not isinstance(text, str) or bool([parse(text)])


def is_version(number: int) -> Callable[[object], bool]:
    return lambda text: not isinstance(text, str) or uuid.UUID(text).version == number


def is_local(kind: Any) -> Callable[[object], bool]:
    return lambda text: not isinstance(text, str) or kind.fromisoformat(text).tzinfo is None


def is_within(most: float) -> Callable[[object], bool]:
    return lambda number: not isinstance(number, int | float) or abs(number) <= most


def all_formats() -> FormatChecker:
    """jsonschema's own, and for the others what the standard library has."""
    checker = FormatChecker()
    for name, pattern in EXPRESSIONS.items():
        checker.checks(name)(fits(pattern))
    for name, parse in PARSERS.items():
        checker.checks(name, (ValueError, ArithmeticError))(parses(parse))
    for number in (1, 4, 7):
        checker.checks(f"uuid{number}", ValueError)(is_version(number))
    for name, kind in {"time-local": dt.time, "date-time-local": dt.datetime}.items():
        checker.checks(name, ValueError)(is_local(kind))
    for name, most in {"int32": 2**31 - 1, "int64": 2**63 - 1, "float": 3.5e38, "double": 1.8e308}.items():
        checker.checks(name)(is_within(most))
    return checker


FORMATS = all_formats()
# Pydantic calls each time a `date-time`, with an offset or without; by JSON Schema that one has an offset.
OF_CLASSES = all_formats()
OF_CLASSES.checkers = {name: check for name, check in OF_CLASSES.checkers.items() if name not in ("time", "date-time")}


def fault_of_document(document: Any, data: Any, formats: FormatChecker = FORMATS) -> str | None:
    """What jsonschema has against data, with the class of the document's draft."""
    own = extend(validator_for(document, default=Draft202012Validator), OURS)
    error = best_match(own(document, format_checker=formats).iter_errors(data))
    return error and error.message


def fault(case: Case, data: Any) -> str | None:
    """What an independent reader has against the data of a case."""
    try:
        text = json.dumps(data, allow_nan=False, ensure_ascii=False).encode()
    except ValueError as error:
        return f"cannot be written: {error}"
    schema = case.means or case.schema
    if isinstance(schema, dict):
        faults = (fault_of_document(schema, one) for one in (data if case.many else [data]))
        return next(filter(None, faults), None)
    adapter = TypeAdapter(list[schema] if case.many else schema)
    try:
        if case.reads_back:
            adapter.validate_json(text)
    except ValidationError as error:
        return str(error)
    return fault_of_document(adapter.json_schema(mode="serialization"), data, OF_CLASSES)


def standing(grammar: str, text: str) -> tuple[int, bool]:
    """How many bytes of a text a grammar lets stand, and whether it may end after them."""
    matcher = LLMatcher(BYTES, grammar)
    assert not matcher.get_error()
    tokens = list(text.encode())
    count = matcher.validate_tokens(tokens)
    assert matcher.consume_tokens(tokens[:count])
    return count, bool(matcher.is_accepting())


def assert_constrained(grammar: str, done: Completion) -> None:
    """A grammar lets a text stand to its last byte, and end there unless it was cut off."""
    text = done.text.rstrip("\ufffd") if done.finish_reason == "length" else done.text  # half of a character
    count, may_end = standing(grammar, text)
    assert text.encode()[count:] == b"", "no grammar has let this pass"
    assert done.finish_reason == "length" or (done.finish_reason == "stop" and may_end)


# --- one engine for all --------------------------------------------------------------------------------------


@dataclass
class Recorder:
    """An engine that keeps what it was asked and what it answered."""

    engine: LlamaEngine
    modes: tuple[Mode, ...] = LlamaEngine.modes
    requests: list[Request] = field(default_factory=list)
    completions: list[Completion] = field(default_factory=list)

    @property
    def id(self) -> str:
        return self.engine.id

    async def generate(self, request: Request) -> Completion:
        self.requests.append(request)
        self.completions.append(await self.engine.generate(request))
        return self.completions[-1]


class Asked(NamedTuple):
    """What became of a case; there is no completion where the engine rejected the request."""

    schema: Schema
    record: Extraction
    request: Request
    done: Completion | None


@dataclass
class Bench:
    """Asks each case once."""

    recorder: Recorder
    runner: asyncio.Runner
    asked: dict[str, Asked] = field(default_factory=dict)

    def run(self, work: Coroutine[Any, Any, Any]) -> Any:
        async def bounded() -> Any:
            return await asyncio.wait_for(work, PATIENCE)

        return self.runner.run(bounded())

    def extract(self, schema: Schema, text: str = FERRY, tokens: int = 120) -> Extraction:
        self.recorder.requests.clear()
        self.recorder.completions.clear()
        return self.run(extract(Document("a.txt", text), schema, self.recorder, Options(max_tokens=tokens, retries=0)))

    def ask(self, name: str) -> Asked:
        if name not in self.asked:
            case = CASES[name]
            schema = list_of(load(case.schema)) if case.many else load(case.schema)
            record = self.extract(schema, case.text, case.tokens)
            [request] = self.recorder.requests
            self.asked[name] = Asked(schema, record, request, next(iter(self.recorder.completions), None))
        return self.asked[name]

    def generate(self, grammar: str, tokens: int = 60) -> Completion:
        """The answer to a grammar as it is; raises what the engine has against it."""
        return self.run(self.recorder.engine.generate(free(grammar, tokens)))


def free(grammar: str, tokens: int = 60) -> Request:
    return Request((Message("user", "Say hello in ten words."),), "grammar", grammar, max_tokens=tokens)


@pytest.fixture(scope="module")
def bench(smollm2: Path) -> Iterator[Bench]:
    """A module's, not a session's: other modules count the children of this process."""
    with asyncio.Runner() as runner:
        engine = LlamaEngine(models.resolve("smollm2-135m"), SMALL)
        yield Bench(Recorder(engine), runner)
        runner.run(engine.aclose())


# --- Pydantic ------------------------------------------------------------------------------------------------

Short = Annotated[str, Field(max_length=12)]
Two = Field(max_length=2)
NONE = {"value": {"no": ["such", "thing"]}}


class Person(BaseModel):
    name: Short
    role: Short | None = None


class Crew(BaseModel):
    captain: Person
    others: list[Person] = Two


class Part(BaseModel):
    name: Literal["hull", "deck", "mast"]
    parts: list[Part] = Field(max_length=1)


class Egg(BaseModel):
    hen: Hen | None = None


class Hen(BaseModel):
    name: Literal["Ada", "Bea"]
    egg: Egg | None = None


class Cat(BaseModel):
    kind: Literal["cat"]
    lives: int = Field(ge=0, le=9)


class Dog(BaseModel):
    kind: Literal["dog"]
    name: Short


class Sky(Enum):
    CLEAR = "clear"
    GREY = "grey"


class Grade(IntEnum):
    GOOD = 1
    BAD = 5


class Numbers(BaseModel):
    above: Annotated[int, Field(gt=0, lt=100)]
    between: Annotated[float, Field(ge=-1, le=1)]
    step: Annotated[int, Field(multiple_of=5, ge=0, le=1000)]
    positive: PositiveInt


class Texts(BaseModel):
    code: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}\d{2}$")]
    word: Annotated[str, StringConstraints(min_length=3, max_length=8, to_upper=True, strip_whitespace=True)]


class Times(BaseModel):
    day: dt.date
    at: dt.datetime
    clock: dt.time
    aware: AwareDatetime


class Point(NamedTuple):
    x: int
    y: Literal["north", "south"] = "north"


class Ticket(TypedDict, total=False):
    price: Decimal
    kind: Literal["single", "return"]


@dataclass
class Berth:
    number: int
    side: Literal["port", "starboard"] = "port"


@pydantic_dataclass
class Deck:
    berths: Annotated[list[Berth], Two]


Item = TypeVar("Item")


class Choices(BaseModel):
    kind: Literal["ferry", "train"] | None
    what: Literal["sea", 7, True]
    sky: Sky
    grade: Grade
    length: NewType("Metres", int)


class Prices(BaseModel):
    plain: Decimal
    bound: Annotated[Decimal, Field(max_digits=6, decimal_places=2, ge=0)]


class Collections(BaseModel):
    some: Annotated[set[Literal["Ann", "Bo"]], Field(max_length=4)]
    frozen: Annotated[frozenset[Literal[1, 2, 3]], Field(max_length=3)]
    pair: tuple[Literal["Ann", "Bo"], int]
    row: Annotated[tuple[bool, ...], Two]
    point: Point


class Hidden(BaseModel):
    secret: Annotated[SecretStr, Field(max_length=12)]
    raw: Annotated[bytes, Field(max_length=12)]
    packed: Annotated[Base64Bytes, Field(max_length=12)]


class Places(BaseModel):
    four: IPv4Address
    six: IPv6Address
    path: Path


class Page(BaseModel, Generic[Item]):
    items: Annotated[list[Item], Two]
    number: int = 1


class Aliased(BaseModel):
    class_: Short = Field(alias="class")
    number: int = Field(validation_alias=AliasChoices("no", "nr"), serialization_alias="number")
    kind: Literal["ferry"] = Field(validation_alias="sort")


class Camel(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    left_at: dt.time
    home_port: Short


class Defaults(BaseModel):
    kind: Literal["ferry", "train"] = "ferry"
    seats: int = Field(default_factory=lambda: 3)
    crew: list[Literal["Ann", "Bo"]] = Field(["Ann"], max_length=2)


def odd(number: int) -> int:
    if number % 2 == 0:
        raise ValueError("not odd")
    return number


class Validated(BaseModel):
    name: Annotated[Short, AfterValidator(str.upper)]
    number: Annotated[int, BeforeValidator(int), Field(ge=0, le=99)]

    @field_validator("name")
    @classmethod
    def strip(cls, name: str) -> str:
        return name.strip()


class Refusing(BaseModel):
    first: Literal["Ann"]
    last: Literal["Ann"]

    @model_validator(mode="after")
    def differ(self) -> Refusing:
        if self.first == self.last:
            raise ValueError("first and last are the same")
        return self


class Crashing(BaseModel):
    name: Literal["Ann"]

    @field_validator("name")
    @classmethod
    def last(cls, name: str) -> str:
        return name[99]


class Computed(BaseModel):
    side: Annotated[int, Field(ge=1, le=99)]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def area(self) -> int:
        return self.side**2


class Dividing(BaseModel):
    seats: Literal[0]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def share(self) -> float:
        return 1 / self.seats


class Endless(BaseModel):
    seats: Literal[0]

    @computed_field  # type: ignore[prop-decorator]
    @property
    def share(self) -> float:
        return float("inf")


class Described(BaseModel):
    """A journey.

    As the log has it.
    """

    model_config = ConfigDict(use_attribute_docstrings=True, title="Journey")
    town: Short = Field(description="where it began", examples=["Porto"])
    day: dt.date
    """When it began; "today" is no date."""


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")
    number: int


class Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)
    day: dt.date
    sky: Sky


TIMES = {"day": "2026-02-30", "at": "2026-02-28T10:00:00Z", "clock": "10:00:00Z", "aware": "2026-02-28T10:00:00Z"}
CHOICES = {"kind": None, "what": 7, "sky": "grey", "grade": 5, "length": 1}
COLLECTIONS = {"some": [], "frozen": [], "pair": ["Ann", 1], "row": [], "point": [1, "north"]}
ANN_OR_BO = Literal["Ann", "Bo"]
SITE = "It is at https://ferry.example/42."

PYDANTIC = {
    "nested models": Case(Crew, {"captain": {"role": "x"}, "others": []}),
    "recursive model": Case(Part, {"name": "hull", "parts": [{"name": "hull"}]}),
    "mutually recursive models": Case(Hen, {"name": "Ada", "egg": {"hen": {}}}),
    "optional, literal, enums, NewType": Case(Choices, CHOICES | {"sky": "CLEAR"}),
    "union of scalars": Case(of(int | bool | Literal["many"]), NONE),
    "union of models": Case(of(Person | Part), {"value": {"name": 3}}),
    "discriminated union": Case(of(Annotated[Cat | Dog, Field(discriminator="kind")]), {"value": {"kind": "cow"}}),
    "constrained numbers": Case(Numbers, {"above": 0, "between": 0, "step": 5, "positive": 1}),
    "constrained texts": Case(Texts, {"code": "AB1", "word": "WORD"}),
    "dates and times": Case(Times, TIMES),
    "timedelta": Case(of(dt.timedelta), {"value": "an hour"}, text="It takes PT1H30M."),
    "UUID": Case(of(uuid.UUID), {"value": "1234"}),
    "Decimal": Case(Prices, {"plain": 1, "bound": "12.505"}),
    "HttpUrl": Case(of(HttpUrl), {"value": "ftp://ferry.example"}, text=SITE),
    "a short HttpUrl": Case(of(Annotated[HttpUrl, UrlConstraints(max_length=40)]), {"value": "https://"}, text=SITE),
    "AnyUrl": Case(of(Annotated[AnyUrl, UrlConstraints(max_length=40)]), {"value": "no scheme"}, text=SITE),
    "set, frozenset, tuple, NamedTuple": Case(Collections, COLLECTIONS | {"pair": ["Ann"]}),
    "set of at least two": Case(of(Annotated[set[ANN_OR_BO], Field(min_length=2)]), {"value": ["Ann", "Ann"]}),
    "dict": Case(of(Annotated[dict[str, bool], Two]), {"value": {"a": "b"}}),
    "dict of models": Case(of(Annotated[dict[str, Cat], Field(min_length=1, max_length=1)]), {"value": {}}),
    "dict with enum keys": Case(of(Annotated[dict[Sky, bool], Two]), {"value": {"blue": True}}),
    "dict with number keys": Case(of(Annotated[dict[int, bool], Two]), {"value": {"a": True}}),
    "dict with literal keys": Case(of(Annotated[dict[ANN_OR_BO, int], Two]), {"value": {"Cy": 1}}),
    "dict with short keys": Case(of(Annotated[dict[Short, bool], Field(min_length=1, max_length=2)]), {"value": {}}),
    "aliases": Case(Aliased, {"class": 3, "number": 1, "kind": "ferry"}, reads_back=False),
    "alias generator": Case(Camel, {"left_at": "10:00:00Z"}),
    "defaults": Case(Defaults, {"seats": "many"}),
    "root model of a list": Case(RootModel[Annotated[list[ANN_OR_BO], Two]], ["Cy"]),
    "root model of a dict": Case(RootModel[Annotated[dict[Literal["a", "b"], int], Two]], {"c": 1}),
    "generic": Case(Page[Cat], {"items": [{"kind": "dog"}]}),
    "TypedDict": Case(Ticket, {"kind": "free"}),
    "dataclass": Case(Berth, {"number": 1, "side": "left"}),
    "Pydantic dataclass": Case(Deck, {"berths": [{"side": "port"}]}),
    "validators": Case(Validated, {"name": "x" * 21, "number": 1}),
    "a validator that may refuse": Case(of(Annotated[Literal[1, 2], AfterValidator(odd)]), {"value": 2}),
    "a model validator that refuses": Case(Refusing, {"first": "Ann", "last": "Ann"}),
    "a validator that crashes": Case(Crashing, {"name": "Bo"}),
    "computed field": Case(Computed, {"side": 0, "area": 0}),
    "a computed field that crashes": Case(Dividing, {"seats": 1}),
    "a computed field without an end": Case(Endless, {"seats": 1}),
    "SecretStr, bytes": Case(Hidden, {"secret": "x" * 13, "raw": "x", "packed": "eHh4"}),
    "IP addresses, Path": Case(Places, {"four": "10.0.0.700", "six": "::1", "path": "/"}, text="10.0.0.7 or ::7, /srv"),
    "descriptions and docstrings": Case(Described, {"town": "Porto", "day": "today"}),
    "extra fields allowed": Case(Open, {"number": "x"}, tokens=60),
    "strict, no extra fields": Case(Closed, {"day": "2026-02-28", "sky": "grey", "x": 1}),
    "anything": Case(of(Any), {}),
    "a JSON Schema of its own": Case(of(Annotated[str, WithJsonSchema({"const": "x", "not": {"const": "y"}})]), NONE),
    "list of models": Case(Annotated[list[Cat], Two], [{"kind": "dog"}]),
}

# --- JSON Schema: drafts -------------------------------------------------------------------------------------

FERRIES = {"enum": ["ferry", "train"]}
NAMES = {"enum": ["Ann", "Bo"]}
YES = {"const": True}
SMALL_INT = {"type": "integer", "minimum": 0, "maximum": 99}

DRAFTS = {
    "draft 4": Case(
        {
            "$schema": "http://json-schema.org/draft-04/schema#",
            "id": "http://x.example/ship",
            "type": "object",
            "definitions": {"speed": {"id": "#speed", "type": "integer", "minimum": 0, "exclusiveMinimum": True}},
            "properties": {
                "speed": {"$ref": "#speed", "maximum": 3},
                "pair": {"type": "array", "items": [FERRIES, SMALL_INT], "additionalItems": False, "minItems": 2},
                "port": FERRIES,
            },
            "required": ["speed", "pair"],
            "dependencies": {"speed": ["port"]},
        },
        {"speed": 0, "pair": ["ferry", 1], "port": "ferry"},
    ),
    "draft 6": Case(
        {
            "$schema": "http://json-schema.org/draft-06/schema#",
            "type": "object",
            "properties": {
                "kind": {"const": "ferry"},
                "speed": {"type": "integer", "exclusiveMinimum": 0, "maximum": 40, "examples": [3]},
                "crew": {"type": "array", "items": NAMES, "contains": {"const": "Ann"}, "maxItems": 3},
            },
            "propertyNames": {"maxLength": 5},
            "required": ["kind", "speed", "crew"],
        },
        {"kind": "ferry", "speed": 1, "crew": ["Bo"]},
    ),
    "draft 7": Case(
        {
            "$schema": "http://json-schema.org/draft-07/schema#",
            "type": "object",
            "properties": {"kind": FERRIES, "berths": {**SMALL_INT, "readOnly": True}, "coach": YES},
            "required": ["kind"],
            "if": {"properties": {"kind": {"const": "ferry"}}},
            "then": {"required": ["berths"]},
            "else": {"required": ["coach"]},
            "additionalProperties": False,
        },
        {"kind": "train", "berths": 3},
    ),
    "draft 2019-09": Case(
        {
            "$schema": "https://json-schema.org/draft/2019-09/schema",
            "$id": "https://x.example/part",
            "$recursiveAnchor": True,
            "type": "object",
            "properties": {
                "name": {"$ref": "#part"},
                "inner": {"type": "array", "items": {"$recursiveRef": "#"}, "maxItems": 1},
            },
            "required": ["name"],
            "dependentRequired": {"inner": ["name"]},
            "unevaluatedProperties": False,
            "$defs": {"part": {"$anchor": "part", "enum": ["hull", "deck"]}},
        },
        {"name": "hull", "inner": [{}]},
    ),
    "draft 2020-12": Case(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$dynamicAnchor": "node",
            "type": "object",
            "properties": {
                "pair": {"type": "array", "prefixItems": [FERRIES, SMALL_INT], "items": False, "minItems": 2},
                "next": {"anyOf": [{"$dynamicRef": "#node"}, {"type": "null"}]},
            },
            "required": ["pair"],
        },
        {"pair": ["ferry", 1, 2]},
    ),
}

# --- JSON Schema: references and combinations ----------------------------------------------------------------

TREE = {
    "type": "object",
    "properties": {"name": {"enum": ["hull"]}, "parts": {"type": "array", "items": {"$ref": "#"}, "maxItems": 1}},
    "required": ["name"],
}
A_AND_B = {"type": "object", "properties": {"a": YES, "b": SMALL_INT}, "required": ["a"]}
A_OR_B = {"type": "object", "properties": {"a": YES, "b": YES, "c": YES}}
REFERENCES = each(a={"$ref": "#/definitions/a~1b%25"}, b={"$ref": "#/$defs/small", "maximum": 9}) | {
    "definitions": {"a/b%": {"const": 4}},
    "$defs": {"small": SMALL_INT},
}
COMBINED = {
    "all": {"allOf": [{"type": "integer"}, {"minimum": 40}, {"maximum": 44}]},
    "any": {"anyOf": [FERRIES, SMALL_INT]},
    "one": {"oneOf": [{"type": "integer"}, FERRIES]},
}
NEGATED = {
    "kind": {**FERRIES, "not": {"const": "ferry"}},
    "name": {"type": "string", "maxLength": 9, "not": {"pattern": "^[A-M]"}},
    "any": {"not": {"type": ["object", "array", "string", "number"]}},
    "size": {**SMALL_INT, "not": {"minimum": 50}},
}
IF = {"if": {"minimum": 30}, "then": {"multipleOf": 10}, "else": {"maximum": 5}}

COMBINATIONS = {
    "references": Case(REFERENCES, {"a": 4, "b": 10}),
    "recursive reference": Case(TREE, {"name": "hull", "parts": [{}]}),
    "allOf, anyOf, oneOf": Case(each(**COMBINED), {"all": 42, "any": "ferry", "one": "bus"}),
    "oneOf overlapping": Case(value(oneOf=[{**SMALL_INT, "maximum": 50}, {**SMALL_INT, "minimum": 40}]), {"value": 42}),
    "oneOf, never one": Case(value(oneOf=[{"enum": ["ferry"]}, {"enum": ["ferry"]}]), {"value": "ferry"}),
    "not": Case(each(**NEGATED), {"kind": "train", "name": "Zed", "any": None, "size": 50}),
    "not both": Case({**A_OR_B, "not": {"required": ["a", "b"]}}, {"a": True, "b": True}),
    "if/then/else": Case(value(**SMALL_INT, **IF), {"value": 42}),
    "dependentRequired": Case({**A_AND_B, "dependentRequired": {"a": ["b"]}}, {"a": True}),
    "dependentSchemas": Case(
        {**A_AND_B, "dependentSchemas": {"a": {"properties": {"b": {"minimum": 42}}, "required": ["b"]}}},
        {"a": True, "b": 41},
    ),
}

# --- JSON Schema: objects ------------------------------------------------------------------------------------

FREE = {"type": "object", "additionalProperties": YES, "minProperties": 1, "maxProperties": 2}
BY_PATTERN = {"^n_[a-z]{1,5}$": FERRIES}
NOT_B = {"maxLength": 9, "pattern": "^[a-z]+$", "not": {"const": "b"}}
UNEVALUATED = {
    **A_AND_B,
    "allOf": [{"properties": {"coach": YES}, "required": ["coach"]}],
    "unevaluatedProperties": False,
}
ODD = {
    "type": "object",
    "properties": {'a"b': YES, "书名": YES, "": YES, "\n": YES, "</text>": YES},
    "required": ["", "书名"],
}
CAPITALS = {r"^\p{Lu}{2}$": {"const": 1}}

OBJECTS = {
    "patternProperties": Case({**FREE, "patternProperties": BY_PATTERN, "additionalProperties": False}, {"m": "ferry"}),
    "patternProperties that overlap": Case(
        {**FREE, "patternProperties": {"^a": {"type": "integer"}, "b$": {"maximum": 3}}}, {"ab": 4}
    ),
    "patternProperties with look-ahead": Case(
        {**FREE, "patternProperties": {"^(?!b)[a-z]{2}$": {"const": 1}}}, {"ab": 4}
    ),
    "patternProperties with a Unicode property": Case(
        {**FREE, "patternProperties": CAPITALS, "additionalProperties": False}, {"AB": 2}
    ),
    "propertyNames with a pattern": Case({**FREE, "propertyNames": {"pattern": "^[a-c]{3}$"}}, {"abcd": True}),
    "propertyNames with a list": Case({**FREE, "propertyNames": {"enum": ["left", "right"]}}, {"up": True}),
    "propertyNames with a length": Case({**FREE, "propertyNames": {"minLength": 2, "maxLength": 6}}, {"a": True}),
    "propertyNames with more": Case({**FREE, "propertyNames": NOT_B}, {"b": True}),
    "propertyNames with a format": Case({**FREE, "propertyNames": {"format": "date"}}, {"today": True}),
    "minProperties": Case({**A_OR_B, "minProperties": 2}, {"a": True}),
    "maxProperties": Case({**A_OR_B, "maxProperties": 1}, {"a": True, "b": True}),
    "unevaluatedProperties": Case(UNEVALUATED, {"a": True, "b": 1, "coach": True, "x": 1}),
    "additionalProperties": Case(value(**FERRIES) | {"additionalProperties": SMALL_INT}, {"value": "ferry", "x": "y"}),
    "odd names": Case(ODD, {"": True}),
}

# --- JSON Schema: lists --------------------------------------------------------------------------------------

PEOPLE = {"type": "array", "items": NAMES}
ONLY_ANN = {"type": "array", "items": {"const": "Ann"}, "uniqueItems": True, "minItems": 2, "maxItems": 2}
PREFIXES = {
    "a": {"type": "array", "prefixItems": [NAMES, SMALL_INT], "items": {"type": "null"}, "minItems": 3, "maxItems": 3},
    "b": {"type": "array", "prefixItems": [NAMES], "unevaluatedItems": False},
}
PERSONS = {"type": "object", "properties": {"name": NAMES}, "required": ["name"]}

LISTS = {
    "uniqueItems": Case(value(**PEOPLE, uniqueItems=True, maxItems=3), {"value": ["Ann", "Ann"]}),
    "uniqueItems that cannot be": Case(value(**ONLY_ANN), {"value": ["Ann", "Ann"]}),
    "uniqueItems of objects": Case(
        value(type="array", items=PERSONS, uniqueItems=True, minItems=2, maxItems=3), {"value": [{"name": "Ann"}] * 2}
    ),
    "contains": Case(value(**PEOPLE, contains={"const": "Bo"}, maxItems=2), {"value": ["Ann"]}),
    "contains between two counts": Case(
        value(**PEOPLE, contains={"const": "Bo"}, minContains=2, maxContains=2, maxItems=3), {"value": ["Bo"]}
    ),
    "prefixItems, unevaluatedItems": Case(each(**PREFIXES), {"a": ["Ann", 1, None], "b": ["Ann", 1]}),
    "a list at the root": Case({"type": "array", "items": FERRIES, "minItems": 1, "maxItems": 2}, ["bus"]),
}

# --- JSON Schema: values -------------------------------------------------------------------------------------

ESCAPED = 'The "New Wave" of European\tcinema \\ after the war\nand what became of it'
OBJECT = {"kind": 'a "quoted" text that is longer than thirty bytes', "at": [1, 2.5, None, {"b": True}]}
FRACTION = {"type": "number", "minimum": 0, "maximum": 100}
LISTED = {
    "text": {"const": ESCAPED},
    "object": {"const": OBJECT},
    "mixed": {"enum": [1, 2.5, "1", None, True, [1], {"a": 1}]},
    "none": {"type": ["null", "boolean"]},
}
STEPS = {
    "whole": {"type": "integer", "multipleOf": 7, "minimum": 0, "maximum": 999},
    "part": {**FRACTION, "multipleOf": 0.01},
}
OPEN = {
    "whole": {"type": "integer", "exclusiveMinimum": 41, "exclusiveMaximum": 43},
    "part": {"type": "number", "exclusiveMinimum": 12, "exclusiveMaximum": 13},
}

VALUES = {
    "const, enum": Case(each(**LISTED), {"text": ESCAPED, "object": OBJECT, "mixed": 2, "none": None}),
    "const beyond a double": Case(value(const=2**53 + 1), {"value": 2**53}),
    "bounds beyond a double": Case(value(type="integer", minimum=2**53 + 1, maximum=2**53 + 1), {"value": 2**53}),
    "const beyond 64 bits": Case(value(const=2**90), {"value": 2**90 + 1}),
    "enum with long escaped texts": Case(
        value(enum=[ESCAPED, ESCAPED.replace("war", "peace"), "书" * 40, None]), {"value": "书"}
    ),
    "enum with a very long escaped text": Case(value(enum=["a" * 1200 + '"', "x"]), {"value": "a"}, tokens=30),
    "multipleOf": Case(each(**STEPS), {"whole": 14, "part": 12.505}),
    "multipleOf below zero": Case(value(type="integer", multipleOf=7, minimum=-999, maximum=-1), {"value": -8}),
    "exclusive bounds": Case(each(**OPEN), {"whole": 42, "part": 12}, "It is 42, or 12.50.", tokens=50),
    "huge bounds": Case(value(type="integer", minimum=10**30, maximum=10**31), {"value": 10**29}),
    "huge fraction": Case(value(type="number", minimum=1e300), {"value": 1.5}),
    "huge length": Case(value(type="string", maxLength=10**9, pattern="^.{3}$"), {"value": "four"}),
}

# --- JSON Schema: patterns -----------------------------------------------------------------------------------


def code(pattern: str, length: int = 12) -> dict[str, Any]:
    return value(type="string", maxLength=length, pattern=pattern)


READABLE = {
    "python": {"type": "string", "pattern": r"(?i)\A(?P<n>ab)+\Z", "maxLength": 9},
    "classes": {"type": "string", "pattern": r"^\w+\s\d{1,3}\S$", "maxLength": 12},
    "part": {"type": "string", "pattern": "rr", "maxLength": 9},
}
PATTERNS = {
    "look-ahead": Case(code("^(?=.*[0-9])(?!A)[A-Z0-9]{4}$"), {"value": "ABCD"}),
    "look-ahead that is not met": Case(code("^(?!Z)(?=[0-9]{90})"), {"value": "123"}),
    "look-behind": Case(code("^[a-z]+(?<!s)$"), {"value": "boats"}),
    "back-reference": Case(code(r"^([ab])([cd])\1\2$"), {"value": "acbd"}),
    "Unicode property": Case(code(r"^\p{Lu}\p{Ll}{2,8}$"), {"value": "marigold"}),
    "Unicode script": Case(code(r"^\p{Script=Han}{2}$"), {"value": "ab"}, text="渡轮二月离开霜江。"),
    "catastrophic pattern": Case(code("^(a+)+$"), {"value": "aab"}),
    "catastrophic pattern that fails late": Case(code("^(([a-z])+.)+[A-Z]([a-z])+$", 40), {"value": "a"}),
    "patterns": Case(each(**READABLE), {"python": "ABab", "classes": "a-b 12c", "part": "arr"}),
    "word boundary": Case(code(r"\bferry\b"), {"value": "ferryman"}),
    "an automaton of thousands of states": Case(code("[a-z].{12}a", 40), {"value": "b"}),
    "an automaton that grows in mid-answer": Case(code("[a-z]{3}.{0,40}[0-9]{4}", 60), {"value": "12"}),
    "nested counts": Case(code(r"^(.{1,80}\n?){1,50}$", 60), {"value": ""}),
    "anchors within": Case(code("^a$|^b$|c^d"), {"value": "ab"}),
}

# --- formats -------------------------------------------------------------------------------------------------

IDS = {f"uuid{number}": f"3f2b8c1e-8a4d-{number}c6b-9e21-0d5f7a6b4c3d" for number in (1, 4, 7)}
EXAMPLES: dict[str, tuple[str, str]] = {  # format → (a text of it, one that is not)
    **{name: (text, text[:-1]) for name, text in ({"uuid": IDS["uuid4"]} | IDS).items()},
    "base64": ("RmVycnk=", "RmVycnk"),
    "base64url": ("RmVycnk_", "RmV+"),
    "byte": ("RmVycnk=", "§§§§"),
    "date": ("2026-02-28", "2026-02-30"),
    "date-time": ("2026-02-28T10:00:00Z", "2026-02-28T25:00:00Z"),
    "date-time-local": ("2026-02-28T10:00:00", "2026-02-28T10:00:00Z"),
    "decimal": ("12.50", "12,50"),
    "duration": ("PT1H30M", "1 hour"),
    "email": ("tickets@ferry.example", "tickets"),
    "hostname": ("ferry.example", "-ferry-"),
    "idn-email": ("渡@ferry.example", "tickets"),
    "idn-hostname": ("渡轮.example", "-渡-"),
    "ipv4": ("10.0.0.7", "10.0.0.700"),
    "ipv4interface": ("10.0.0.7/24", "10.0.0.7/99"),
    "ipv4network": ("10.0.0.0/24", "10.0.0.7/8"),
    "ipv6": ("2001:db8::7", "10.0.0.7"),
    "ipv6interface": ("2001:db8::7/64", "2001:db8::7/999"),
    "ipv6network": ("2001:db8::/32", "2001:db8::7/32"),
    "ipvanyaddress": ("10.0.0.7", "here"),
    "ipvanyinterface": ("10.0.0.7/24", "here"),
    "ipvanynetwork": ("10.0.0.0/24", "here"),
    "iri": ("https://渡.example/a", "no iri"),
    "iri-reference": ("/渡", "a b"),
    "json-pointer": ("/a/b", "a"),
    "json-string": ('{"a": 1}', "{"),
    "multi-host-uri": ("redis://a,b/1", "no uri"),
    "regex": ("^a+$", "(("),
    "relative-json-pointer": ("1/a", "/a"),
    "time": ("10:00:00Z", "25:00:00Z"),
    "time-local": ("10:00:00", "10:00:00Z"),
    "uri": ("https://ferry.example/a", "no uri"),
    "uri-reference": ("/a?b=c", "a b"),
    "uri-template": ("/a/{b}", "/a/{b"),
    "url": ("https://ferry.example/a", "no url"),
}


GROUPS = (
    "date time date-time duration",
    "time-local date-time-local",
    "uuid uuid1",
    "uuid4 uuid7",
    "hostname ipv4 ipv6",
    "idn-hostname email",
    "idn-email",
    "ipvanyaddress ipv4interface ipv6interface ipvanyinterface",
    "ipv4network ipv6network ipvanynetwork",
    "uri url uri-reference",
    "iri iri-reference",
    "multi-host-uri uri-template",
    "json-pointer relative-json-pointer regex",
    "base64 base64url byte decimal",
    "json-string",
)


def of_formats(group: str) -> Case:
    """An object with a property for each format, and a text with an example of each."""
    names = group.split()
    properties = {name: {"type": "string", "format": name, "maxLength": 40} for name in names}
    examples = {name: EXAMPLES[name] for name in names}
    text = "\n".join(f"{name}: {good}" for name, (good, _) in examples.items())
    wrong = {name: good for name, (good, _) in examples.items()} | {names[-1]: examples[names[-1]][1]}
    return Case({"type": "object", "properties": properties, "required": names}, wrong, text)


ALL_FORMATS = {
    **{f"format {group}": of_formats(group) for group in GROUPS},
    "format int32": Case(value(type="integer", format="int32"), {"value": 2**31}),
    "format int64": Case(value(type="integer", format="int64"), {"value": 2**63}),
    "format float": Case(value(**FRACTION, format="float"), {"value": 10**39}, tokens=40),
    "format double": Case(value(**FRACTION, format="double"), {"value": "x"}, tokens=40),
    "format that nobody knows": Case(value(type="string", format="uri4711", maxLength=12), {"value": 3}),
}

# --- other ways in -------------------------------------------------------------------------------------------

INLINE = "kind: ferry|train, seats int?, left date?, late bool, mate {first: Ann|Bo}"
FIRST = {"type": "object", "properties": {"first": NAMES}, "required": ["first"]}
FIELDS = {
    "type": "object",
    "properties": {
        "kind": FERRIES,
        "seats": {"type": ["integer", "null"]},
        "left": {"type": ["string", "null"], "format": "date"},
        "late": {"type": "boolean"},
        "mate": FIRST,
    },
    "required": ["kind", "late", "mate"],
}

OTHERS = {
    "inline": Case(INLINE, {"kind": "bus"}, means=FIELDS),
    "many of an inline schema": Case("first: Ann|Bo, age? int", [{"first": "Cy"}], means=FIRST, many=True, tokens=60),
    "many of a model": Case(Cat, [{"kind": "dog"}], many=True, tokens=60),
    "many of a JSON Schema": Case(
        value(**PEOPLE, uniqueItems=True, maxItems=2), [{"value": ["Ann", "Ann"]}], many=True
    ),
}

CASES: dict[str, Case] = {
    **PYDANTIC, **DRAFTS, **COMBINATIONS, **OBJECTS, **LISTS, **VALUES, **PATTERNS, **ALL_FORMATS, **OTHERS
}  # fmt: skip

# --- refused, with words that have to be in the message ------------------------------------------------------


class Pathed(BaseModel):
    city: str = Field(validation_alias=AliasPath("places", 0))


class Unmade:
    pass


NEVER = "no value satisfies the schema"
LENGTH = 250_000
WORDS = ["".join(letters) for size in (2, 3, 4) for letters in product(ascii_lowercase, repeat=size)][: LENGTH // 4]
SPACED = " ".join(WORDS)[:LENGTH]
CHINESE = "".join(map(chr, random.Random(7).choices(range(0x4E00, 0x9C00), k=LENGTH)))
REFUSED: dict[str, tuple[Any, str]] = {
    "a remote reference": (value(**{"$ref": "https://example.org/schema.json"}), "/properties/value/$ref"),
    "a reference that leads nowhere": (value(**{"$ref": "#/$defs/nobody"}), "/properties/value/$ref"),
    "a reference to itself": (value(**{"$ref": "#/properties/value"}), "/properties/value/$ref"),
    "an unknown type": (value(type="nonsense"), "/properties/value/type"),
    "an unfinished pattern": (value(type="string", pattern="^(a"), "/properties/value/pattern"),
    "a negative length": (value(type="string", maxLength=-1), "/properties/value/maxLength"),
    "an enum that is no list": (value(enum="ferry"), "/properties/value/enum"),
    "an infinite number": (value(type="number", minimum=float("inf")), "/properties/value/minimum"),
    "half of a character": (value(enum=["\ud800"]), "/properties/value/enum"),
    "an older draft": ({"$schema": "http://json-schema.org/draft-03/schema#", **value()}, "/$schema"),
    "a length that cannot be": (value(type="string", minLength=5, maxLength=2), NEVER),
    "an enum that cannot be": (value(**FERRIES, type="integer"), NEVER),
    "a format that no listed value has": (value(enum=["the harbour"], format="ipv4"), NEVER),
    "a format that no listed number has": (value(enum=[2**31], format="int32"), NEVER),
    "a const of 250,000 characters": (value(const=SPACED), "/properties/value/const"),
    "an enum with 250,000 characters": (value(enum=["x", SPACED]), "/properties/value/enum"),
    "a literal of 250,000 characters": (of(Literal[SPACED]), "/properties/value/const"),
    "a const of 250,000 Chinese characters": (value(const=CHINESE), "/properties/value/const"),
    "a const of 250,000 characters and a line break": (value(const=f"{SPACED}\n"), "/properties/value/const"),
    "not anything": (value(**{"not": {}}), NEVER),
    "a tower without an end": ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, NEVER),
    "too deep": (json.loads('{"items":' * 250 + "{}" + "}" * 250), "nested deeper than"),
    "too long a text": (value(const="x" * 300_001), "/properties/value/const"),
    "a sample record": ({"name": "Ann"}, "no keyword of JSON Schema"),
    "an alias path": (Pathed, "AliasPath"),
    "no type of data": (create_model("Odd", a=(Unmade, ...), __config__={"arbitrary_types_allowed": True}), "Odd"),
    "an empty choice": ("kind: ferry|, seats int", "an empty choice"),
}


# --- the proof -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_the_readers_can_say_no(name: str) -> None:
    assert fault(CASES[name], CASES[name].wrong) is not None


def test_every_format_is_here() -> None:
    """But some versions of UUID, which differ in one digit."""
    assert set(SHAPES) - EXAMPLES.keys() <= {"uuid2", "uuid3", "uuid5", "uuid6", "uuid8"}
    assert sorted(" ".join(GROUPS).split()) == sorted(EXAMPLES)
    assert [name for name, (good, _) in EXAMPLES.items() if not FORMATS.conforms(good, name)] == []
    assert [name for name, (_, bad) in EXAMPLES.items() if FORMATS.conforms(bad, name)] == []


@pytest.mark.parametrize(
    ("text", "finish"),
    [
        ('{"value": "bus"}', "stop"),
        ('{"value": "ferry"', "stop"),
        ('{"value":"ferry"}', "stop"),
        ('{"value": "ferry"}\n', "stop"),
        ('{"value": "ferry"}', "other"),
        ('Sure! {"value": "fe', "length"),
    ],
)
def test_a_free_text_is_recognised(text: str, finish: FinishReason) -> None:
    grammar = compile_schema(load(value(**FERRIES))).text
    assert_constrained(grammar, Completion('{"value": "ferry"}', "stop", Usage()))
    assert_constrained(grammar, Completion('{"value": "fe', "length", Usage()))
    with pytest.raises(AssertionError):
        assert_constrained(grammar, Completion(text, finish, Usage()))


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_a_feature_is_constrained_and_checked(bench: Bench, name: str) -> None:
    schema, record, request, done = bench.ask(name)
    assert request.grammar == compile_schema(spoken(schema)).text
    assert (record.mode, record.attempts) == ("grammar", 1)
    if done is not None:
        assert_constrained(request.grammar, done)
    if record.ok:
        assert_valid(CASES[name], bench.ask(name))
    else:
        assert_told(CASES[name], bench.ask(name))


def assert_valid(case: Case, asked: Asked) -> None:
    schema, record, _, done = asked
    assert done is not None
    assert done.finish_reason == "stop"
    assert fault(case, record.data) is None
    if schema.model is not None and not record.notes:
        assert TypeAdapter(schema.model).validate_json(done.text) == record.value


def assert_told(case: Case, asked: Asked) -> None:
    """An error for each thing that is wrong, and nothing that could be taken for data but the good part of a list."""
    schema, record, _, done = asked
    kinds = {problem.kind for problem in record.errors}
    assert kinds <= {kind.__name__ for kind in (Truncated, InvalidOutput, RequestRejected, PromptTooLong)}
    assert all(problem.message for problem in record.errors)
    assert (Truncated.__name__ in kinds) is (done is not None and done.finish_reason == "length")
    assert (not kinds.isdisjoint({RequestRejected.__name__, PromptTooLong.__name__})) is (done is None)
    if record.data is not None:
        assert case.many
        assert fault(case, record.data) is None
    if InvalidOutput.__name__ in kinds and schema.model is None:
        statuses = {row.status for row in compile_schema(schema).report}
        assert "after" in statuses, "said to be held by the decoder, and was not"


def test_most_of_them_are_records(bench: Bench) -> None:
    """Or the proof would be about texts that were cut off."""
    ends = Counter("ok" if asked.record.ok else asked.record.errors[0].kind for asked in map(bench.ask, CASES))
    assert ends["ok"] > 0.7 * ends.total(), ends
    assert ends[InvalidOutput.__name__] > 5, ends
    assert ends[Truncated.__name__] > 0, ends


@pytest.mark.parametrize("name", REFUSED)
def test_a_schema_is_refused_before_any_token(bench: Bench, name: str) -> None:
    spec, words = REFUSED[name]
    bench.recorder.requests.clear()
    with pytest.raises(SchemaError) as caught:
        bench.extract(load(spec))
    assert bench.recorder.requests == []
    assert words in str(caught.value)
    assert len(str(caught.value)) < 500
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("pattern", [r"^\p{Chinese}+$", "(?x) a b", "^a**$", "^(?:a{1000}){1001}$"])
def test_a_pattern_that_nobody_can_read_lets_nothing_pass(bench: Bench, pattern: str) -> None:
    try:
        record = bench.extract(load(code(pattern)))
    except SchemaError as error:
        assert "/properties/value/pattern" in str(error)  # noqa: PT017  # refused or told, either is good
    else:
        assert not record.ok


# --- grammars as they are ------------------------------------------------------------------------------------


def raw(schema: dict[str, Any]) -> str:
    """A grammar of a schema that has not been lowered."""
    return f"%llguidance {{}}\nstart: %json {json.dumps({**schema, 'x-guidance': {'whitespace_flexible': False}})}\n"


def copied(*chunks: str, way: str = "substring_chunks") -> str:
    """A grammar that only lets a part of a text be copied, at the bounds of its chunks."""
    source = list(chunks) if way == "substring_chunks" else "".join(chunks)
    return f"%llguidance {{}}\nstart: COPY\nCOPY: %regex {json.dumps({way: source})}\n"


STRING = {"type": "string"}
DROPPED = {
    "not": raw({"not": STRING}),
    "uniqueItems": raw({"type": "array", "items": STRING, "uniqueItems": True}),
    "contains": raw({"type": "array", "contains": STRING}),
    "propertyNames": raw({"type": "object", "propertyNames": {"pattern": "^a"}}),
    "unevaluatedProperties": raw({"type": "object", "unevaluatedProperties": False}),
    "dependentRequired": raw({"type": "object", "dependentRequired": {"a": ["b"]}}),
    "dependentSchemas": raw({"dependentSchemas": {"a": STRING}}),
    "if": raw({"if": STRING, "then": {"minLength": 3}}),
    "oneOf": raw({"oneOf": [{"type": "integer"}, {"type": "integer", "minimum": 3}]}),
    "counted properties": raw({**A_OR_B, "minProperties": 2}),
    "look-ahead": raw({"type": "string", "pattern": "^(?!a)b"}),
    "look-behind": raw({"type": "string", "pattern": "(?<=a)b"}),
    "back-reference": raw({"type": "string", "pattern": r"^(a|b)\1$"}),
    "word boundary": raw({"type": "string", "pattern": r"\bx"}),
    "remote reference": raw({"$ref": "https://example.org/schema.json"}),
    "dynamic reference": raw({"$dynamicRef": "#a"}),
    "unknown format": raw({"type": "string", "format": "uri4711"}),
    "number too large": raw({"type": "integer", "minimum": 10**40}),
}


@pytest.mark.parametrize("name", DROPPED)
def test_a_grammar_that_llama_cpp_drops_is_rejected(bench: Bench, name: str) -> None:
    with pytest.raises(EngineError, match="grammar"):
        bench.generate(DROPPED[name])


@pytest.mark.parametrize("name", ["not", "propertyNames", "look-ahead"])
def test_llama_cpp_itself_would_write_freely(bench: Bench, name: str) -> None:
    """Or there would be nothing to guard against."""
    bench.generate(compile_schema(load(value(**FERRIES))).text)  # so that the child is there
    chat = bench.recorder.engine._chat
    assert chat is not None
    done = bench.run(chat.generate(free(DROPPED[name])))
    assert len(done.text.split()) > 3
    assert not done.text.lstrip().startswith(("{", "[", '"'))


# --- 250,000 characters --------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "grammar",
    [
        pytest.param(copied(*(part for word in WORDS for part in (word, " "))), id="words and blanks"),
        pytest.param(copied(*SPACED), id="characters as chunks"),
        pytest.param(copied(SPACED, way="substring_chars"), id="characters"),
        pytest.param(copied(SPACED, way="substring_words"), id="words"),
        pytest.param(copied(CHINESE, way="substring_chars"), id="Chinese characters"),
        pytest.param(raw(value(enum=[SPACED, "x"])), id="an enum that is not refused"),
        pytest.param(raw(value(const=CHINESE)), id="a const that is not refused"),
    ],
)
def test_a_candidate_that_is_too_much_for_the_lexer_is_rejected(bench: Bench, grammar: str) -> None:
    """llama.cpp logs that, answers 200 and writes what it likes."""
    assert len(grammar) > LENGTH
    with pytest.raises(EngineError, match="grammar"):
        bench.generate(grammar)


def test_a_candidate_that_is_not_too_much_is_held(bench: Bench) -> None:
    """Whole words with the blanks after them are half as many chunks."""
    grammar = copied(*(f"{word} " for word in WORDS))
    assert len(grammar) > LENGTH
    done = bench.generate(grammar, 20)
    assert_constrained(grammar, done)
    assert done.text in f"{SPACED} "


# --- the command ---------------------------------------------------------------------------------------------

TEXT_FILES = {"a.txt": FERRY, "b.txt": "Train 7 is late: AB12, ann@ferry.example, 渡轮."}

PREAMBLE = """
from decimal import Decimal
from ipaddress import IPv4Address
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, Field, HttpUrl, UrlConstraints
"""
CLASSES = {
    "urls": """
class Site(BaseModel):
    site: Annotated[HttpUrl, UrlConstraints(max_length=30)]
""",
    "numbers": """
class Sale(BaseModel):
    price: Annotated[Decimal, Field(max_digits=5, decimal_places=2)]
    buyers: Annotated[set[Literal["Ann", "Bo"]], Field(max_length=3)]
    host: IPv4Address
""",
    "refusing": """
def refuse(kind: str) -> str:
    raise ValueError("none is good enough")


class Refused(BaseModel):
    kind: Annotated[Literal["ferry"], AfterValidator(refuse)]
""",
}
DOCUMENTS: dict[str, dict[str, Any]] = {
    "words": {
        "type": "object",
        "properties": {
            "ahead": {"type": "string", "pattern": "^(?=.*[A-Z])(?!Z)[A-Za-z]{3,6}$"},
            "slow": {"type": "string", "pattern": "^(a+)+$", "maxLength": 5},
            "script": {"type": "string", "pattern": r"^\p{Lu}\p{Ll}{1,6}$"},
        },
        "required": ["ahead", "slow", "script"],
    },
    "logic": {
        "type": "object",
        "properties": {
            "kind": {**FERRIES, "not": {"const": "bus"}},
            "size": {"oneOf": [{**SMALL_INT, "maximum": 50}, {**SMALL_INT, "minimum": 40}]},
            "a": YES,
            "b": SMALL_INT,
        },
        "required": ["kind", "size", "a"],
        "dependentSchemas": {"a": {"required": ["b"]}},
        "unevaluatedProperties": False,
    },
    "names": {**FREE, "propertyNames": {"pattern": "^[a-c]{3}$"}},
    "unique": value(**PEOPLE, uniqueItems=True, maxItems=3),
    "long": value(const=SPACED),
}


def run_on(folder: Path, spec: str, *flags: str) -> Finished:
    """The command on two texts."""
    write_files(folder, TEXT_FILES)
    small = ("--slots", "1", "--threads", "1", "--context", "1024", "--max-tokens", "100", "--offline")
    return run_extract("run", *TEXT_FILES, "-s", spec, *SMOL, *small, *flags, cwd=folder)


def strictly(line: str) -> Any:
    """JSON, without what only Python calls so."""
    return json.loads(line, parse_constant=pytest.fail)


def assert_printed_is_valid(done: Finished, case: Case, status: int | None = None) -> None:
    """Whatever is printed is valid, and what is not printed is told; `status` is the one to expect."""
    assert "Traceback" not in done.err
    printed = [strictly(line) for line in done.out.splitlines()]
    data = [[line["data"]] if case.many else line for line in printed]
    assert [found for line in data if (found := fault(case, line))] == []
    errors = [line for line in done.err.splitlines() if line.startswith("error: ")]
    if done.code == 0:
        assert errors == []
        assert len(printed) == len(TEXT_FILES) or case.many
    else:
        assert done.code in (1, 2)
        assert errors
    assert status in (None, done.code)


@pytest.mark.usefixtures("smollm2")
@pytest.mark.parametrize("name", CLASSES)
def test_the_command_prints_valid_data_of_a_class(name: str, tmp_path: Path) -> None:
    write_files(tmp_path, {f"{name}.py": PREAMBLE + CLASSES[name]})
    done = run_on(tmp_path, f"{name}.py")
    *_, schema = [found for found in runpy.run_path(str(tmp_path / f"{name}.py"), run_name=name).values()
                  if isinstance(found, type) and found.__module__ == name]  # fmt: skip
    assert_printed_is_valid(done, Case(schema, None), {"refusing": 1}.get(name))


@pytest.mark.slow
@pytest.mark.usefixtures("smollm2")
@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_command_prints_valid_data_of_a_document(name: str, tmp_path: Path) -> None:
    write_files(tmp_path, {f"{name}.json": json.dumps(DOCUMENTS[name])})
    done = run_on(tmp_path, f"{name}.json")
    assert_printed_is_valid(done, Case(DOCUMENTS[name], None), {"unique": 0, "names": 0, "long": 2}.get(name))


@pytest.mark.usefixtures("smollm2")
def test_the_command_prints_valid_data_of_a_list(tmp_path: Path) -> None:
    case = OTHERS["many of an inline schema"]
    assert_printed_is_valid(run_on(tmp_path, case.schema, "--many"), case)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["a remote reference", "an unfinished pattern", "an enum that cannot be"])
def test_the_command_refuses_a_schema(name: str, tmp_path: Path) -> None:
    schema, words = REFUSED[name]
    write_files(tmp_path, {"schema.json": json.dumps(schema)})
    done = run_on(tmp_path, "schema.json")
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("error: ")
    assert words in done.err


def test_the_command_survives_the_least_number_of_64_bits(tmp_path: Path) -> None:
    """llguidance overflows its stack on it, in our own process."""
    write_files(tmp_path, {"least.json": json.dumps(value(enum=[-(2**63), 0]))})
    done = run_extract("schema", "check", "least.json", cwd=tmp_path)
    assert (done.code, done.err) == (0, "")
    assert "/properties/value" in done.out
