"""A pipeline's graph as SVG, with what each of its ops is doing; readable on light and dark pages."""

import re
from collections.abc import Mapping
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from serving_kit.pipeline.frame import HEIGHT, MARGIN, PILL_HEIGHT, PILL_WIDTH, WIDTH, Frame, Point
from serving_kit.pipeline.graph import Graph
from serving_kit.pipeline.layout import layout

_STEPS = {
    "in": ("in line", "#d08a1d"),
    "prep": ("preprocess", "#4c86e0"),
    "midp": ("process", "#2a9d74"),
    "postp": ("postprocess", "#a46bd8"),
}
_WAITING, _FAILED = "#d08a1d", "#e0524c"
_NO_XML = re.compile(r"[^\t\n\r\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_STYLE = (
    ".pipeline-graph text{fill:currentColor;font:12px system-ui,sans-serif;font-variant-numeric:tabular-nums}"
    ".pipeline-graph .name{font-size:14px;font-weight:600}.pipeline-graph .soft{opacity:.72}"
    ".pipeline-graph path{fill:none;stroke:currentColor;stroke-opacity:.55;stroke-width:1.5}"
    ".pipeline-graph:root{color:#222;background:#fff}"
    "@media(prefers-color-scheme:dark){.pipeline-graph:root{color:#ddd;background:#161616}}"
)  # all of it kept to the drawing, which may stand within a page


def svg(graph: Graph, figures: Mapping[str, Any]) -> str:
    """Draw the graph in layers, from left to right or from the top down, with the figures of `figures`.

    A number at an op's left edge is how many requests wait there; the stripe is how its time divides into the steps.
    Dashed lines are jumps, those beside the ops lead back.
    """
    places = layout(graph)
    frame = Frame(places, has_loops=any(graph.loops.values()))
    root = _root(frame.width, frame.height, str(figures.get("name", "")))
    _heading(root, figures)
    for source, name in places.via:
        is_jump = source in graph.jumps and name in graph.jumps[source]
        _path(root, frame.line(source, name), is_dashed=is_jump)
    _path(root, frame.line_out(graph.last), is_dashed=False)
    for name, loops in graph.loops.items():
        for loop in loops:
            _path(root, frame.arc(name, loop[0].name), is_dashed=True)
    _pill(root, frame.request(), "request")
    _pill(root, frame.answer(graph.last), "answer")
    for node in graph.nodes:
        _op(root, node.name, frame.corner(node.name), figures.get("ops", {}).get(node.name, {}))
    _legend(root, frame.height - 18, has_jumps=any(node.jumps for node in graph.nodes))
    return tostring(root, encoding="unicode")


def _path(root: Element, way: str, *, is_dashed: bool) -> None:
    path = SubElement(root, "path", {"d": way, "marker-end": "url(#pipeline-arrow)"})
    if is_dashed:
        path.set("stroke-dasharray", "5 4")


def _op(root: Element, name: str, corner: Point, figures: Mapping[str, Any]) -> None:
    group = SubElement(root, "g", transform=f"translate({corner[0]:g},{corner[1]:g})")
    _text(SubElement(group, "title"), name)
    is_busy = bool(figures.get("running"))
    SubElement(
        group,
        "rect",
        {
            "width": str(WIDTH),
            "height": str(HEIGHT),
            "rx": "8",
            "fill": "currentColor",
            "fill-opacity": ".06",
            "stroke": _STEPS["midp"][1] if is_busy else "currentColor",
            "stroke-opacity": "1" if is_busy else ".35",
            "stroke-width": "1.5",
        },
    )
    _write(group, 16, 23, name if len(name) < 19 else f"{name[:17]}…", kind="name")
    if not figures:
        return
    latency = figures["latency_ms"].get("p50")
    _write(group, WIDTH - 12, 23, f"{_number(figures['per_s'])}/s", kind="soft", at_end=True)
    _write(group, 16, 44, f"{figures['running']} of {figures['concurrency']} running")
    _write(group, WIDTH - 12, 44, "" if latency is None else f"p50 {_duration(latency)}", at_end=True)
    _write(group, 16, 63, f"{_number(figures['answered'])} answered", kind="soft")
    if figures["failed"]:
        _write(group, WIDTH - 12, 63, f"{_number(figures['failed'])} failed", at_end=True).set(
            "style", f"fill:{_FAILED}"
        )
    _stripe(group, figures["mean_ms"])
    if figures["waiting"]:
        _badge(group, _number(figures["waiting"]))


def _stripe(group: Element, mean_ms: Mapping[str, float]) -> None:
    """Divide the width as the time is divided."""
    whole = sum(mean_ms[step] for step in _STEPS)
    at, width = 16.0, WIDTH - 28
    for step, (title, color) in _STEPS.items():
        part = width * mean_ms[step] / whole if whole else 0
        rect = SubElement(
            group, "rect", {"x": f"{at:.1f}", "y": "72", "width": f"{part:.1f}", "height": "6", "fill": color}
        )
        _text(SubElement(rect, "title"), f"{title}: {_duration(mean_ms[step])}")
        at += part


def _badge(group: Element, waiting: str) -> None:
    width = 10 + 8 * len(waiting)
    box = {"x": f"{-width / 2:g}", "y": f"{HEIGHT / 2 - 10:g}", "width": str(width), "height": "20", "rx": "10"}
    SubElement(group, "rect", box | {"fill": _WAITING})
    _write(group, 0, HEIGHT / 2 + 4, waiting).attrib.update({"text-anchor": "middle", "style": "fill:#fff"})


def _pill(root: Element, corner: Point, text: str) -> None:
    x, y = corner
    box = {"x": f"{x:g}", "y": f"{y:g}", "width": str(PILL_WIDTH), "height": str(PILL_HEIGHT), "rx": "14"}
    SubElement(root, "rect", box | {"fill": "currentColor", "fill-opacity": ".12"})
    _write(root, x + PILL_WIDTH / 2, y + 18, text).set("text-anchor", "middle")


def _heading(root: Element, figures: Mapping[str, Any]) -> None:
    _write(root, MARGIN, 24, str(figures.get("name", "")), kind="name")
    if "answered" not in figures:
        return
    latency = figures["latency_ms"]
    parts = [f"{figures['running']:,} on their way"]
    parts += [f"{figures[outcome]:,} {outcome}" for outcome in ("answered", "failed")]
    parts += [f"{_number(figures['per_s'])}/s"]
    parts += [f"{name} {_duration(latency[name])}" for name in ("p50", "p99") if name in latency]
    _write(root, MARGIN, 43, " · ".join(parts), kind="soft")


def _legend(root: Element, y: float, *, has_jumps: bool) -> None:
    x = float(MARGIN)
    for title, color in _STEPS.values():
        SubElement(root, "rect", {"x": f"{x:g}", "y": f"{y - 8:g}", "width": "10", "height": "8", "fill": color})
        _write(root, x + 15, y, title, kind="soft")
        x += 34 + 6.4 * len(title)
    if has_jumps:
        SubElement(root, "path", {"d": f"M{x:g},{y - 4:g} h26", "stroke-dasharray": "5 4"})
        _write(root, x + 32, y, "jump", kind="soft")


def _root(width: float, height: float, name: str) -> Element:
    size = {"width": f"{width:g}", "height": f"{height:g}", "viewBox": f"0 0 {width:g} {height:g}"}
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "class": "pipeline-graph", "role": "img"} | size)
    _text(SubElement(root, "title"), f"pipeline {name}")
    SubElement(root, "style").text = _STYLE
    marker = {"id": "pipeline-arrow", "viewBox": "0 0 8 8", "refX": "8", "refY": "4", "markerWidth": "6"}
    arrow = SubElement(SubElement(root, "defs"), "marker", marker | {"markerHeight": "6", "orient": "auto"})
    SubElement(arrow, "path", {"d": "M0,0 L8,4 L0,8 z", "style": "fill:currentColor;stroke:none;opacity:.7"})
    return root


def _write(parent: Element, x: float, y: float, text: str, *, kind: str = "", at_end: bool = False) -> Element:
    element = SubElement(parent, "text", {"x": f"{x:g}", "y": f"{y:g}"})
    if kind:
        element.set("class", kind)
    if at_end:
        element.set("text-anchor", "end")
    _text(element, text)
    return element


def _text(element: Element, text: str) -> None:
    element.text = _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def _duration(milliseconds: float) -> str:
    if milliseconds >= 1000:
        return f"{milliseconds / 1000:.3g} s"
    return f"{milliseconds:.3g} ms" if milliseconds >= 1 else f"{milliseconds:.2f} ms"


def _number(value: float) -> str:
    if value >= 10_000:
        return f"{value / 1e6:.3g}M" if value >= 1e6 else f"{value / 1e3:.3g}k"
    return f"{value:.1f}" if value < 10 and value != int(value) else f"{value:,.0f}"
