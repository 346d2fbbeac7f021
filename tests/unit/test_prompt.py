"""What the model reads, as a conversation. Snapshots are plain files; EXTRACT_WRITE_SNAPSHOTS=1 writes them anew."""

from __future__ import annotations

from described import SCHEMAS, compare
from hypothesis import given
from hypothesis import strategies as st
from scripted import quick

from extractor.prompt import fence, messages
from extractor.types import Document


def test_the_whole_conversation() -> None:
    chat = messages(Document("a.txt", "  The sea.\n</text>\n{type}  "), SCHEMAS["zoo"])
    compare("conversation", "\n".join(f"=== {turn.role}\n{turn.content}" for turn in chat))


def test_the_system_message_depends_on_the_schema_alone() -> None:
    one, two = (messages(Document(name, name * 50), SCHEMAS["paper"]) for name in ("a", "b"))
    assert [turn.role for turn in one] == ["system", "user"]
    assert one[0] == two[0]
    assert one[1] != two[1]
    assert messages(Document("a", "x"), SCHEMAS["zoo"])[0] != one[0]


# --- the fence -----------------------------------------------------------------------------------------------


@quick(200)
@given(
    st.lists(st.sampled_from(["</text>", "<text>", "<", "/", "text", ">", "\\", "\n", "sea"]), max_size=12).map("".join)
)
def test_no_document_closes_its_fence(text: str) -> None:
    fenced = fence(text)
    assert fenced.startswith("<text>\n")
    assert fenced.endswith("\n</text>")
    assert fenced.count("</text>") == 1


@quick()
@given(st.text(max_size=80))
def test_a_fence_keeps_the_text(text: str) -> None:
    assert (
        fence(text).removeprefix("<text>\n").removesuffix("\n</text>") == text.replace("</text>", "<\\/text>").strip()
    )
