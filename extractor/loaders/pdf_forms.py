"""What is filled into the form of a PDF file, which is none of its text: behind the words before its field."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

_TEXTS = (4, 5, 6)  # FPDF_FORMFIELD_COMBOBOX, LISTBOX, TEXTFIELD (PDFium's fpdf_formfill.h)
_MARKS = (2, 3)  # CHECKBOX, RADIOBUTTON
_WIDGET = 20  # FPDF_ANNOT_WIDGET
_CHECKED, _OPEN = "[x]", "[ ]"


@dataclass(frozen=True, slots=True)
class _Box:
    left: float
    bottom: float
    right: float
    top: float

    def is_in_line_with(self, other: _Box) -> bool:
        """Whether its middle is as high as the other."""
        return other.bottom <= (self.bottom + self.top) / 2 <= other.top


def filled(document: Any, page: Any, text_page: Any) -> str:
    """The text of a page with what is filled into its fields: 'Name:' → 'Name: Ida Moss', 'Member' → '[x] Member'."""
    text: str = text_page.get_text_range()
    fields = [*_fields(document, page)] if document.formenv is not None else []
    if not fields:
        return text
    letters = [*_letters(text_page)]
    added, others = [], []
    for name, value, box in fields:
        line = [(at, letter) for at, letter in letters if letter.is_in_line_with(box)]
        before = max((one for one in line if one[1].right <= box.left + 1), key=lambda one: one[1].right, default=None)
        after = min((one for one in line if one[1].left >= box.right - 1), key=lambda one: one[1].left, default=None)
        if value in (_CHECKED, _OPEN) and after is not None and _is_nearer(after[1], before and before[1], box):
            added.append((len(text_page.get_text_range(0, after[0])) if after[0] else 0, f"{value} "))
        elif before is not None:
            added.append((len(text_page.get_text_range(0, before[0] + 1)), f" {value}"))
        else:
            others.append(f"{name}: {value}")
    for at, value in sorted(added, reverse=True):
        text = text[:at] + value + text[at:]
    return "\n".join([text, *others])


def _is_nearer(after: _Box, before: _Box | None, box: _Box) -> bool:
    return before is None or after.left - box.right < box.left - before.right


def _fields(document: Any, page: Any) -> Iterator[tuple[str, str, _Box]]:
    """Name, value and place of each field that says something."""
    from pypdfium2 import raw

    form = document.formenv.raw
    for at in range(raw.FPDFPage_GetAnnotCount(page.raw)):
        field = raw.FPDFPage_GetAnnot(page.raw, at)
        kind = raw.FPDFAnnot_GetFormFieldType(form, field) if raw.FPDFAnnot_GetSubtype(field) == _WIDGET else -1
        place = raw.FS_RECTF()
        if kind in (*_TEXTS, *_MARKS) and raw.FPDFAnnot_GetRect(field, place):
            said = _said(raw.FPDFAnnot_GetFormFieldValue, form, field) if kind in _TEXTS else ""
            value = said if kind in _TEXTS else _CHECKED if raw.FPDFAnnot_IsChecked(form, field) else _OPEN
            name = _said(raw.FPDFAnnot_GetFormFieldAlternateName, form, field)
            name = name or _said(raw.FPDFAnnot_GetFormFieldName, form, field)
            if value.strip():
                yield name, value, _Box(place.left, place.bottom, place.right, place.top)
        raw.FPDFPage_CloseAnnot(field)


def _said(what: Callable[..., int], form: Any, field: Any) -> str:
    size = what(form, field, None, 0)
    buffer = ctypes.create_string_buffer(max(size, 2))
    what(form, field, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return " ".join(buffer.raw[: size - 2].decode("utf-16-le", "replace").split())


def _letters(text_page: Any) -> Iterator[tuple[int, _Box]]:
    """Where the letters of a page are, by their number."""
    for at in range(text_page.count_chars()):
        box = _Box(*text_page.get_charbox(at))
        if box.right > box.left:
            yield at, box
