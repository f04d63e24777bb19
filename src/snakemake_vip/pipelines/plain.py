"""Turns descriptions, which authors write as text or HTML, into plain text."""

from __future__ import annotations

import html
import re
import textwrap
from html.parser import HTMLParser

_BREAK = re.compile(r"br|p|div|li|ul|ol|table|tr|h[1-6]|hr|pre|dl|dt|dd")
_INLINE = re.compile(r"b|i|u|s|em|strong|span|font|code|tt|su[bp]|small|big|center|img|t[dh]|tbody")
_ESCAPED = re.compile(r"&lt;/?(br|p|div|[ou]l|li|h[1-6]|b|i|u|em|strong|a|span)\b[^<>]{0,500}?&gt;")
_SILENT = frozenset({"script", "style"})


def plain(text: str) -> str:
    """Return a description without tags and control characters.

    Line breaks and paragraphs become line breaks, entities the characters they stand for, a link
    its text with the address behind. HTML that was escaped as a whole is read as HTML. What only
    looks like a tag (``a<b``, an address between angle brackets) stays.

    Parameters
    ----------
    text
        Text or HTML.
    """
    if "<" not in text and _ESCAPED.search(text):
        text = html.unescape(text)  # a form of VIP's portal has escaped the author's HTML
    reader = _Reader()
    reader.feed(text)
    reader.close()
    lines = (" ".join(line.split()) for line in reader.text.split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(map(printable, lines))).strip()


def printable(text: str) -> str:
    """Return a text without what would move a cursor or end a line: control characters and such."""
    return "".join(c for c in text if c.isprintable())


def wrapped(text: str, indent: str, width: int = 80) -> list[str]:
    """Return the lines of a plain text, each at most `width` characters if its words allow.

    Parameters
    ----------
    text
        Plain text; its own line breaks stay.
    indent
        What each line begins with.
    width
        Characters of a line.
    """
    return [
        line
        for paragraph in text.split("\n")
        for line in textwrap.wrap(
            paragraph,
            width,
            initial_indent=indent,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
    ]


class _Reader(HTMLParser):
    """Collects the text between the tags."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._parts: list[str] = []
        self._silent = 0
        self._links: list[tuple[str, int]] = []

    @property
    def text(self) -> str:
        return "".join(self._parts)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent += 1
        elif _BREAK.fullmatch(tag):
            self._parts.append("\n- " if tag == "li" else "\n")
        elif tag == "a":
            self._links.append((dict(attrs).get("href") or "", len(self._parts)))
        elif not _INLINE.fullmatch(tag):
            self._parts.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SILENT and tag != "a":
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent = max(0, self._silent - 1)
        elif _BREAK.fullmatch(tag):
            self._parts.append("\n")
        elif tag == "a" and self._links:
            address, start = self._links.pop()
            if address and address not in "".join(self._parts[start:]):
                self._parts.append(f" ({address})")

    def handle_data(self, data: str) -> None:
        if not self._silent:
            # A line break of the source is a space in HTML, yet plain texts mean it.
            self._parts.append(data)
