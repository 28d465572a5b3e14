"""Small changes of a YAML text that leave every other character as somebody wrote it: comments, order, layout.

The text is read once into nodes that know where they stand; changes are collected and spliced in at the end. The
texts were read by `scoring.contractfile` before: no aliases, no anchors, keys are words.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from scoring.contractfile import plain

Written = str | int | Sequence["Written"] | Mapping[str, "Written"]
"""A value to be written."""

# Begins with a letter and holds nothing that YAML could read as its own, wherever it stands.
_BARE = re.compile(r"[^\W\d_](?:[\w ./+-]*[\w./+])?|[0-9]{4}-[0-9]{2}-[0-9]{2}")


def flow(value: Written) -> str:
    """*value* as YAML on one line; a text that would be read as anything else is quoted."""
    if isinstance(value, str):
        bare = _BARE.fullmatch(value) is not None and plain(value) == value
        return value if bare else json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{flow(key)}: {flow(one)}" for key, one in value.items()) + "}"
    return "[" + ", ".join(flow(one) for one in value) + "]"


@dataclass(frozen=True, slots=True)
class _Entry:
    """A key with its value, or an item: from *start* until just before *end*."""

    start: int
    end: int


@dataclass(slots=True)
class Page:
    """A text under change. Paths are keys and places of items, from the root: `("segments", 0, "pool")`."""

    text: str
    _root: Node = field(init=False)
    _splices: list[tuple[int, int, str]] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.text = self.text.removeprefix("\ufeff")
        self._root = YAML(typ="safe", pure=True).compose(self.text)

    def write(self, path: Sequence[str | int], new: Mapping[str, Written | None]) -> None:
        """Write keys of the mapping at *path*; None removes one. A mapping is written to once a page.

        Raises:
            LookupError: there is no mapping at *path*.
        """
        node = self._at(path)
        if not isinstance(node, MappingNode):
            raise LookupError(f"no mapping at {path}")
        pairs = {str(key.value): (key, value) for key, value in node.value}
        for name in new.keys() & pairs.keys():
            if (value := new[name]) is not None:
                self._replace(*pairs[name], flow(value))
        gone = [place for place, name in enumerate(pairs) if name in new and new[name] is None]
        added = [
            f"{flow(name)}: {flow(value)}"
            for name, value in new.items()
            if value is not None and name not in pairs
        ]
        self._edit(node, [_Entry(k.start_mark.index, self._end(v, k)) for k, v in node.value], gone, added)

    def relist(
        self, path: Sequence[str | int], drop: Collection[int] = (), add: Sequence[Written] = ()
    ) -> None:
        """Remove the items of the list at *path* that stand at the places *drop*, and add others at its end.

        Raises:
            LookupError: there is no list at *path*.
        """
        node = self._at(path)
        if not isinstance(node, SequenceNode):
            raise LookupError(f"no list at {path}")
        entries = [self._item(node, item) for item in node.value]
        self._edit(node, entries, sorted(drop), [flow(one) for one in add])

    def items(self, path: Sequence[str | int]) -> list[str]:
        """The texts of the list at *path*, those that are no scalars empty; none where there is no list."""
        try:
            node = self._at(path)
        except LookupError:
            return []
        if not isinstance(node, SequenceNode):
            return []
        return [str(item.value) if isinstance(item, ScalarNode) else "" for item in node.value]

    def __contains__(self, path: Sequence[str | int]) -> bool:
        try:
            self._at(path)
        except LookupError:
            return False
        return True

    @property
    def changed(self) -> str:
        """The text with every change in it."""
        text = self.text
        for start, end, new in sorted(self._splices, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def _at(self, path: Sequence[str | int]) -> Any:
        node: Any = self._root
        for step in path:
            if isinstance(step, int) and isinstance(node, SequenceNode) and step < len(node.value):
                node = node.value[step]
            elif isinstance(node, MappingNode):
                node = next((value for key, value in node.value if key.value == step), None)
            else:
                node = None
            if node is None:
                raise LookupError(f"nothing at {path}")
        return node

    def _end(self, node: Any, key: Any = None) -> int:
        """Where *node*'s own text ends; a block's mark stands behind the comments that follow it."""
        if isinstance(node, ScalarNode) or node.flow_style:
            end: int = node.end_mark.index
            least: int = key.end_mark.index + 1 if key is not None else node.start_mark.index
            while end > least and self.text[end - 1] in "\r\n":
                end -= 1
            return max(least, end)
        last = node.value[-1]
        return self._end(last[1], last[0]) if isinstance(last, tuple) else self._end(last)

    def _item(self, node: Any, item: Any) -> _Entry:
        start = item.start_mark.index
        if not node.flow_style:
            start = self.text.rindex("-", 0, start)
        return _Entry(start, self._end(item))

    def _replace(self, key: Any, value: Any, new: str) -> None:
        start: int = value.start_mark.index
        if isinstance(value, ScalarNode) and value.value == "" and value.style is None:
            start, new = key.end_mark.index + 1, f" {new}"  # nothing stood behind the colon
            self._splices.append((start, start, new))
            return
        if not isinstance(value, ScalarNode) and not value.flow_style:
            start, new = key.end_mark.index, f": {new}"
        self._splices.append((start, self._end(value), new))

    def _edit(self, node: Any, entries: Sequence[_Entry], gone: Sequence[int], added: Sequence[str]) -> None:
        kept = [entry for place, entry in enumerate(entries) if place not in set(gone)]
        if not kept and (gone or added):
            self._emptied(node, entries, added)
            return
        for run in _runs(gone):
            after = entries[run[-1] + 1] if run[-1] + 1 < len(entries) else None
            cut = self._cut_flow if node.flow_style else self._cut_block
            cut(entries[run[0]], entries[run[-1]], after, kept[-1])
        if added and node.flow_style:
            self._splices.append((kept[-1].end, kept[-1].end, "".join(f", {one}" for one in added)))
        elif added:
            self._add_lines(kept, added, "- " if isinstance(node, SequenceNode) else "")

    def _emptied(self, node: Any, entries: Sequence[_Entry], added: Sequence[str]) -> None:
        """Nothing of the old stays: what there is now, on one line."""
        inner = ", ".join(added)
        whole = f"[{inner}]" if isinstance(node, SequenceNode) else f"{{{inner}}}"
        end = node.end_mark.index if node.flow_style or not entries else entries[-1].end
        self._splices.append((node.start_mark.index, end, whole))

    def _cut_flow(self, first: _Entry, last: _Entry, after: _Entry | None, keeps: _Entry) -> None:
        span = (first.start, after.start) if after is not None else (keeps.end, last.end)
        self._splices.append((*span, ""))

    def _cut_block(self, first: _Entry, last: _Entry, after: _Entry | None, _keeps: _Entry) -> None:
        """Whole lines, so that comments above and below stay; behind a dash up to the next key."""
        line = self.text.rfind("\n", 0, first.start) + 1
        if self.text[line : first.start].strip() and after is not None:
            self._splices.append((first.start, after.start, ""))
            return
        below = self.text.find("\n", last.end)
        self._splices.append((line, below + 1 if below >= 0 else len(self.text), ""))

    def _add_lines(self, kept: Sequence[_Entry], added: Sequence[str], dash: str) -> None:
        first, last = kept[0], kept[-1]
        column = first.start - (self.text.rfind("\n", 0, first.start) + 1)
        below = self.text.find("\n", last.end)
        at = below if below >= 0 else len(self.text)
        if self.text[:at].endswith("\r"):
            at -= 1
        ending = "\r\n" if "\r\n" in self.text else "\n"
        lines = "".join(f"{ending}{' ' * column}{dash}{one}" for one in added)
        self._splices.append((at, at, lines))


def _runs(places: Sequence[int]) -> Iterator[list[int]]:
    """Neighbouring places together."""
    run: list[int] = []
    for place in places:
        if run and place != run[-1] + 1:
            yield run
            run = []
        run.append(place)
    if run:
        yield run
