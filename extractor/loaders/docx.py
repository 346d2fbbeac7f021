"""Word files: mammoth reads their styles as HTML (headings, lists, tables, notes), which becomes Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from io import BytesIO
from typing import Any
from zipfile import ZipFile

from extractor.loaders.archive import opened, part, refuse_entities, tree
from extractor.loaders.loaded import Loaded, UnreadableError
from extractor.loaders.markdown import from_html
from extractor.loaders.word_lists import with_numbers
from extractor.loaders.word_parts import around, completed

_CORE = "docProps/core.xml"
_DC = "{http://purl.org/dc/elements/1.1/}"
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Code'] => pre:separator('\\n')
p[style-name='Source Code'] => pre:separator('\\n')
p[style-name='HTML Preformatted'] => pre:separator('\\n')
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
p[style-name='Block Text'] => blockquote > p:fresh
p[style-name='Definition Term'] => dl > dt:fresh
p[style-name='Definition'] => dl > dd:fresh
"""
_FIXED_WIDTH = ("courier", "consolas", "mono", "menlo", "source code", "lucida console")  # of the names of fonts
_NO_TEXT = "a Word file without text"


def read(data: bytes) -> Loaded:
    """The text of a file, with its foot- and endnotes at the end; what stands above and below its pages stands once."""
    import mammoth

    with opened(data) as archive:
        for name in archive.namelist():
            if name.endswith((".xml", ".rels")):
                refuse_entities(name, part(archive, name))
        metadata = _metadata(archive)
        above, below = around(archive, "header"), around(archive, "footer")
        data = completed(data, archive)
    try:
        found = mammoth.convert_to_html(
            BytesIO(data),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(_no_image),
            transform_document=mammoth.transforms.paragraph(_code),
            external_file_access=False,
        )
    except RecursionError as error:
        raise UnreadableError("its parts are nested too deep: not read") from error
    except Exception as error:  # of many kinds, as the library trusts its input
        raise UnreadableError("is damaged, or no Word file (.docx)", "save it anew in Word or LibreOffice") from error
    text = from_html(with_numbers(found.value))
    if not text:
        raise UnreadableError(_NO_TEXT, "there is nothing to extract from")
    head, foot = ("\n".join(line for line in lines if line not in text) for lines in (above, below))
    return Loaded("\n\n".join(filter(None, (head, text, foot))), (), metadata)


def _code(paragraph: Any) -> Any:
    """A paragraph that is all in letters of one width is code."""
    fonts = [
        (getattr(each, "font", "") or "").lower() for each in paragraph.children if getattr(each, "children", None)
    ]
    is_code = fonts and all(any(name in font for name in _FIXED_WIDTH) for font in fonts)
    return paragraph.copy(style_name="Code") if is_code and paragraph.style_name in (None, "Normal") else paragraph


def _no_image(_: Any) -> Mapping[str, str]:
    return {}


def _metadata(archive: ZipFile) -> Mapping[str, Any]:
    """Title and author; its dates are when the file was made, not the text."""
    if _CORE not in archive.namelist():
        return {}
    root = tree(archive, _CORE)
    said = {"title": root.findtext(f"{_DC}title"), "author": root.findtext(f"{_DC}creator")}
    return {name: " ".join(value.split()) for name, value in said.items() if value and value.strip()}
