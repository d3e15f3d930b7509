import re
from itertools import pairwise
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import pytest

from serving_kit.pipeline.drawing import svg
from serving_kit.pipeline.figures import figures
from serving_kit.pipeline.graph import ENTRY, Graph, Node
from serving_kit.pipeline.layout import layout
from serving_kit.pipeline.page import page
from serving_kit.pipeline.pipeline import Pipeline
from tests.unit.pipeline.watched import ask, run, watched

SVG = "{http://www.w3.org/2000/svg}"
OCR = Graph(
    [
        Node("decode", (ENTRY,)),
        Node("det", ("decode",)),
        Node("cls", ("det",), ("draw",)),
        Node("rec", ("cls",)),
        Node("layout", ("decode",)),
        Node("draw", ("rec", "layout")),
    ]
)


def texts(root: Element) -> list[str]:
    return [element.text or "" for element in root.iter(f"{SVG}text")]


def lines(root: Element) -> list[Element]:
    return [path for path in root.iter(f"{SVG}path") if path.get("marker-end")]


def test_ops_stand_in_layers_and_apart() -> None:
    places = layout(OCR)
    assert places.layer == {ENTRY: 0, "decode": 1, "det": 2, "layout": 2, "cls": 3, "rec": 4, "draw": 5}
    assert abs(places.y["det"] - places.y["layout"]) >= 1
    assert {ends: len(via) for ends, via in places.via.items() if via} == {("cls", "draw"): 1, ("layout", "draw"): 2}
    assert abs(places.via["cls", "draw"][0] - places.y["rec"]) >= 0.75
    assert all(0.5 <= y <= places.height - 0.5 for y in places.y.values())


def test_the_longest_chain_is_straight() -> None:
    chain = Graph([Node("a", (ENTRY,)), Node("b", ("a",)), Node("c", ("b",))])
    assert set(layout(chain).y.values()) == {0.5}
    assert layout(chain).height == 1


@pytest.mark.parametrize("count", [2, 3, 7])
def test_side_by_side_nothing_overlaps_and_all_is_in_the_picture(count: int) -> None:
    sides = [Node(f"side{number}", (ENTRY,)) for number in range(count)]
    places = layout(Graph([*sides, Node("join", tuple(node.name for node in sides))]))
    stacked = sorted(places.y[node.name] for node in sides)
    assert all(after - before >= 1 - 1e-9 for before, after in pairwise(stacked))
    assert places.y["join"] == pytest.approx(sum(stacked) / count)
    assert places.height == pytest.approx(count)


def test_the_drawing_shows_what_runs() -> None:
    async def look(pipeline: Pipeline) -> str:
        await ask(pipeline, "1", "2", "no number")
        return svg(pipeline.graph, figures(pipeline))

    root = fromstring(run(watched(), look))  # noqa: S314 - our own
    said = texts(root)
    assert {"watched", "half", "sum", "request", "answer", "2 answered", "1 failed", "0 of 1 running"} <= set(said)
    assert any(text.startswith("p50 ") for text in said)
    assert any(text.startswith("0 on their way · 2 answered · 1 failed") for text in said)
    assert "jump" not in said


def test_what_waits_is_on_the_op() -> None:
    op: dict[str, Any] = {"running": 2, "concurrency": 2, "waiting": 12_345, "answered": 0, "failed": 0, "per_s": 3.25}
    op |= {"latency_ms": {}, "mean_ms": dict.fromkeys(("in", "prep", "midp", "postp", "out"), 0.0)}
    said = texts(fromstring(svg(OCR, {"name": "ocr", "ops": {"rec": op}})))  # noqa: S314
    assert "12.3k" in said
    assert "2 of 2 running" in said
    assert "3.2/s" in said


def test_jumps_are_dashed_and_loops_lead_back_above() -> None:
    root = fromstring(svg(OCR, {"name": "ocr"}))  # noqa: S314
    assert len(lines(root)) == len(OCR.nodes) + 3  # decode fans out, draw joins, and the answer
    assert [bool(line.get("stroke-dasharray")) for line in lines(root)].count(True) == 1
    assert "jump" in texts(root)
    loop = Graph([Node("a", (ENTRY,)), Node("b", ("a",), ("a",)), Node("c", ("b",))])
    dashed = [line for line in lines(fromstring(svg(loop, {}))) if line.get("stroke-dasharray")]  # noqa: S314
    (start, end) = dashed[0].get("d", "").split()[0], dashed[0].get("d", "").split()[-1]
    assert len(dashed) == 1
    assert float(start[1:].split(",")[0]) > float(end.split(",")[0])


def chain(length: int, jump: str = "") -> Graph:
    names = [f"op{number}" for number in range(length)]
    ends = {names[-2]: (jump,)} if jump else {}
    return Graph(Node(name, (before,), ends.get(name, ())) for before, name in pairwise([ENTRY, *names]))


def corners(root: Element) -> list[tuple[float, float]]:
    found = [re.fullmatch(r"translate\((.+),(.+)\)", group.get("transform", "")) for group in root.iter(f"{SVG}g")]
    return [(float(one[1]), float(one[2])) for one in found if one]


def size(root: Element) -> tuple[float, float]:
    return float(root.get("width", "")), float(root.get("height", ""))


def test_a_short_chain_goes_right_and_a_long_one_down() -> None:
    short, long = (fromstring(svg(chain(length), {})) for length in (3, 9))  # noqa: S314
    (x, y), *others = corners(short)
    assert others == [(x + 268, y), (x + 536, y)]
    (x, y), *others = corners(long)
    assert others == [(x, y + number * 126) for number in range(1, 9)]
    assert max(size(short)[0], size(long)[0]) < 1100
    ends = [line.get("d", "").split()[-1] for line in lines(long)]
    assert ends == [f"{x + 102:g},{y + number * 126:g}" for number in range(10)]


def test_many_ops_side_by_side_stand_below_one_another_however_long_the_way() -> None:
    sides = [Node(f"side{number}", (ENTRY,)) for number in range(9)]
    behind = [
        Node("join", tuple(side.name for side in sides)),
        Node("b", ("join",)),
        Node("c", ("b",)),
        Node("d", ("c",)),
    ]
    root = fromstring(svg(Graph([*sides, *behind]), {}))  # noqa: S314
    assert len({x for x, _ in corners(root)[:9]}) == 1
    assert len({y for _, y in corners(root)[:9]}) == 9


@pytest.mark.parametrize("graph", [OCR, chain(9), chain(6, jump="op1"), chain(3, jump="op0")])
def test_everything_is_in_the_picture_and_no_op_on_another(graph: Graph) -> None:
    root = fromstring(svg(graph, {}))  # noqa: S314
    width, height = size(root)
    boxes = corners(root)
    assert all(0 <= x <= width - 204 and 52 <= y <= height - 86 - 40 for x, y in boxes)
    assert all(
        abs(x1 - x2) >= 204 or abs(y1 - y2) >= 86 for at, (x1, y1) in enumerate(boxes) for x2, y2 in boxes[at + 1 :]
    )
    points = [point for line in lines(root) for point in re.findall(r"(-?[\d.]+),(-?[\d.]+)", line.get("d", ""))]
    assert all(0 <= float(x) <= width and 0 <= float(y) <= height for x, y in points)


def test_a_loop_of_a_long_chain_leads_back_at_its_side() -> None:
    root = fromstring(svg(chain(6, jump="op1"), {}))  # noqa: S314
    (dashed,) = [line for line in lines(root) if line.get("stroke-dasharray")]
    (x1, y1), *beside, (x2, y2) = [
        (float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", dashed.get("d", ""))
    ]
    assert x1 == x2 == corners(root)[0][0]
    assert (corners(root)[4][1] < y1 < corners(root)[5][1], corners(root)[1][1] < y2 < corners(root)[2][1]) == (
        True,
        True,
    )
    assert all(x < x1 for x, _ in beside)


@pytest.mark.parametrize("name", ["<script>\"&'", "\x00\x1b", "\ud800", "x" * 300])
def test_any_name_can_be_drawn(name: str) -> None:
    text = svg(Graph([Node(name, (ENTRY,))]), {"name": name})
    root = fromstring(text.encode("utf-8"))  # noqa: S314
    assert "<script" not in text
    assert root.tag == f"{SVG}svg"


def test_the_page_loads_the_drawing_and_nothing_else() -> None:
    html = page('a<b>"', "/pipeline/graph.svg")
    assert "<title>a&lt;b&gt;&quot;</title>" in html
    assert 'fetch("/pipeline/graph.svg"' in html
    assert "http" not in html
    assert 'fetch("/a%22%3C/b"' in page("x", '/a"</b')


def test_a_page_around_the_drawing_keeps_its_own_style() -> None:
    style = fromstring(svg(OCR, {})).findtext(f"{SVG}style") or ""  # noqa: S314
    selectors = re.findall(r"([^{}]+)\{", style.replace("@media(prefers-color-scheme:dark){", ""))
    assert len(selectors) > 4
    assert all(selector.strip("}").startswith(".pipeline-graph") for selector in selectors)
