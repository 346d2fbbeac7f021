"""What mammoth leaves out of a Word file: formulas, numbers of lists, what stands above and below each page."""

from __future__ import annotations

import re
from io import BytesIO
from xml.etree.ElementTree import Element, SubElement, tostring
from zipfile import ZipFile

from extractor.loaders.archive import part, tree
from extractor.loaders.word_lists import write_numbers

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_M = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_WORDS = (f"{_W}t", f"{_W}tab", f"{_W}br")
_BODY, _NUMBERING, _STYLES = "word/document.xml", "word/numbering.xml", "word/styles.xml"
_PICTURES = "word/media/"
_NUMBER_OF_PAGE = re.compile(r"\b(?:NUM)?PAGES?\b")
_SIMPLE = re.compile(r"(?:[^\W_]|[.,])*")
_JOINED = {"m": "; ", "eqArr": "; ", "mr": ", "}  # rows, and what is in one


def around(archive: ZipFile, kind: str) -> list[str]:
    """The lines of all headers ('header') or footers, each once, without those that number the pages."""
    names = sorted(name for name in archive.namelist() if re.fullmatch(rf"word/{kind}\d*\.xml", name))
    lines = [line for name in names for paragraph in tree(archive, name).iter(f"{_W}p") if (line := _line(paragraph))]
    return [*dict.fromkeys(lines)]


def _line(paragraph: Element) -> str:
    fields = [each.text or "" for each in paragraph.iter(f"{_W}instrText")]
    fields += [each.get(f"{_W}instr", "") for each in paragraph.iter(f"{_W}fldSimple")]
    if any(map(_NUMBER_OF_PAGE.search, fields)):
        return ""
    said = (each.text or "" if each.tag == f"{_W}t" else " " for each in paragraph.iter() if each.tag in _WORDS)
    return " ".join("".join(said).split())


def completed(data: bytes, archive: ZipFile) -> bytes:
    """The file with its formulas as text ('E=mc^2'), and with the numbers of its lists."""
    has_formulas = _BODY in archive.namelist() and b":oMath" in part(archive, _BODY)
    has_lists = {_BODY, _NUMBERING}.issubset(archive.namelist())
    if not (has_formulas or has_lists):
        return data
    body = tree(archive, _BODY)
    if has_formulas:
        _write_formulas(body)
    if has_lists:
        styles = tree(archive, _STYLES) if _STYLES in archive.namelist() else None
        write_numbers(body, tree(archive, _NUMBERING), styles)
    changed = BytesIO()
    with ZipFile(changed, "w") as copy:  # in memory, so not packed again
        for name in dict.fromkeys(archive.namelist()):
            if not name.startswith(_PICTURES):
                copy.writestr(name, tostring(body, "utf-8") if name == _BODY else part(archive, name))
    return changed.getvalue()


def _write_formulas(body: Element) -> None:
    for parent in [*body.iter()]:
        for at, child in enumerate(parent):
            if child.tag in (f"{_M}oMath", f"{_M}oMathPara"):
                parent[at] = run = Element(f"{_W}r")
                SubElement(run, f"{_W}t", {_SPACE: "preserve"}).text = linear(child)


def linear(formula: Element) -> str:
    """A formula (Office Math, ISO 29500-1, 22.1) in a line: 'a/b', 'x^2', 'n_i', '√(x+1)', '∑_(i=1)^n i'."""
    name = formula.tag.removeprefix(_M)
    if name == "t" or name.endswith("Pr"):
        return formula.text or "" if name == "t" else ""
    parts = [(each.tag.removeprefix(_M), linear(each)) for each in formula]  # once, however deep they are
    if name in _JOINED:
        return _JOINED[name].join(text for _, text in parts if text)
    if name == "d":
        inner = _sign(formula, "sepChr", "|").join(text for part, text in parts if part == "e")
        return f"{_sign(formula, 'begChr', '(')}{inner}{_sign(formula, 'endChr', ')')}"
    said = dict(parts)
    closed = {part: _closed(text) for part, text in said.items()}
    scripts = "".join(f"{sign}{closed[part]}" for sign, part in (("_", "sub"), ("^", "sup")) if said.get(part))
    forms = {
        "f": f"{closed.get('num')}/{closed.get('den')}",
        "rad": f"{said.get('deg', '')}√{closed.get('e')}",
        "nary": f"{_sign(formula, 'chr', '∫')}{scripts} {said.get('e')}",
        **dict.fromkeys(("sSup", "sSub", "sSubSup"), f"{said.get('e')}{scripts}"),
    }
    return forms[name] if name in forms else "".join(text for _, text in parts)


def _sign(formula: Element, name: str, default: str) -> str:
    found = formula.find(f"{_M}{formula.tag.removeprefix(_M)}Pr/{_M}{name}")
    return default if found is None else found.get(f"{_M}val", "")


def _closed(said: str) -> str:
    """In brackets where it is more than a word: 'n+1' → '(n+1)'."""
    return said if _SIMPLE.fullmatch(said) else f"({said})"
