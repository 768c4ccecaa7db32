"""An HTML page as tests read it: tables by title, texts, and whatever it loads."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

LOADING = {"src", "href", "srcset", "data", "action", "poster", "background", "xlink:href"}


@dataclass
class Tag:
    name: str
    attributes: dict[str, str | None]
    text: str = ""


class Page(HTMLParser):
    """Parsed page. ``tags`` holds every element in order, with its own text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[Tag] = []
        self._open: list[Tag] = []
        self._tables: list[Rows] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(Tag(tag, dict(attrs)))
        if tag not in ("meta", "link", "input", "img", "br"):
            self._open.append(self.tags[-1])
        if tag == "table":
            titles = [one.text.strip() for one in self.tags if one.name == "figcaption"]
            self._tables.append(Rows(titles[-1]))
        elif tag == "tr":
            self._tables[-1].rows.append([])

    def handle_endtag(self, tag: str) -> None:
        closed = self._open.pop()
        assert closed.name == tag, f"</{tag}> closes <{closed.name}>"
        if tag in ("td", "th"):
            self._tables[-1].rows[-1].append(closed.text.strip())
        elif self._open:
            self._open[-1].text += closed.text if tag in ("button", "a", "label") else ""

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1].text += data

    def table(self, title: str) -> list[dict[str, str]]:
        """Rows of the tables with this title, by heading."""
        found = [one for one in self._tables if one.title == title]
        assert found, f"{title}: there are {[one.title for one in self._tables]}"
        return [dict(zip(one.rows[0], row, strict=True)) for one in found for row in one.rows[1:]]

    def texts(self, name: str) -> list[str]:
        return [" ".join(one.text.split()) for one in self.tags if one.name == name]

    def data(self) -> list[Any]:
        """Values of the script elements that hold the data of the figures."""
        return [json.loads(one.text) for one in self.tags if one.attributes.get("class") == "data"]

    def loaded(self) -> list[str]:
        """Addresses of everything that the page loads or links."""
        return [
            value
            for one in self.tags
            for key, value in one.attributes.items()
            if key in LOADING and value
        ]


@dataclass
class Rows:
    title: str
    rows: list[list[str]] = field(default_factory=list)
