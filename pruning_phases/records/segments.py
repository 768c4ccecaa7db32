"""Segments of a run: the processes that made it, one after the other.

In: the content of ``run.json``, the position of the checkpoint. Out: the list ``segments``. Each
one holds when it ``began``, the position that it continued ``from`` (None: the beginning), the one
``to`` which it came (that of its last checkpoint), and the host, versions and arithmetic.
"""

from typing import Any

from pruning_phases.records.provenance import now

Segment = dict[str, Any]
Position = dict[str, int]

# Facts that decide how sums are rounded.
ROUNDING = (
    "device", "processor", "vector_extensions", "matmul_precision", "torch", "numpy",
)  # fmt: skip
NOT_RECORDED = "not recorded"  # by earlier versions, which kept the facts of the last process only
LOOSE = ("started", "resumed", "git", "python", "versions", "host", "device", "num_threads")


def ended(segments: list[Segment], position: Position | None) -> list[Segment]:
    """Write the position to which the last segment came."""
    return [*segments[:-1], *({**one, "to": position} for one in segments[-1:])]


def begun(
    segments: list[Segment], position: Position | None, facts: dict[str, Any]
) -> list[Segment]:
    """Add a segment that continues from a position, to which the one before it came."""
    new = {"began": now(), "from": position, "to": None, **facts}
    return [*ended(segments, position), new]


def differences(segments: list[Segment]) -> dict[str, list[Any]]:
    """Return fact -> its values in the segments that made the numbers, where they differ.

    The last value is that of the last segment. A segment that reached no checkpoint made none of
    the numbers, nor did those before a new beginning.
    """
    made: list[Segment] = []
    for one in segments:
        if one["from"] is None:
            made.clear()
        if one["to"] != one["from"] or one is segments[-1]:
            made.append(one)
    found = {}
    for name in ROUNDING:
        *earlier, last = (_fact(one, name) for one in made)
        if others := [value for value in dict.fromkeys(earlier) if value != last]:
            found[name] = [*others, last]
    return found


def _fact(segment: Segment, name: str) -> Any:
    return (segment | segment.get("versions", {})).get(name, NOT_RECORDED)


def note_on_rounding(segments: list[Segment]) -> str | None:
    """Return the line for a resumed run whose segments round differently; None if they do not."""
    found = [
        f"{name} ({', '.join(map(str, earlier))}, now {last})"
        for name, (*earlier, last) in differences(segments).items()
    ]
    if not found:
        return None
    return (
        f"note: segments of this run differ in {', '.join(found)}: its bytes may differ from those "
        "of an uninterrupted run; means over replicas agree within their errors"
    )


def with_segments(content: dict[str, Any]) -> dict[str, Any]:
    """Return the content of ``run.json`` with segments, also if an earlier version wrote it."""
    if "segments" in content:
        return content
    loose = {name: content[name] for name in LOOSE if name in content}
    began = [loose.pop("started", None), *loose.pop("resumed", [])]
    versions = {"python": loose.pop("python", NOT_RECORDED), **loose.pop("versions", {})}
    if str(loose.get("device")).startswith("cpu "):  # the machine's name followed
        loose["device"] = "cpu"
    segments = [{"began": time, "from": NOT_RECORDED, "to": NOT_RECORDED} for time in began]
    segments[0]["from"] = None
    segments[-1] |= {"versions": versions, **loose}
    kept = {name: value for name, value in content.items() if name not in LOOSE}
    return {**kept, "segments": segments}
