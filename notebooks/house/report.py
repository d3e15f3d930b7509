"""One self-contained HTML page: the table, the latency plot, and every executed notebook. It loads nothing."""

import io
import logging
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from nbconvert import HTMLExporter
from pygments.formatters import HtmlFormatter

from notebooks.house import shelf
from notebooks.house.outcome import Outcome
from serving_kit import bench

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HERE = Path(__file__).parent
_LOG = logging.getLogger(__name__)
_LOG.setLevel(logging.ERROR)  # nbconvert warns of every picture without an alternative text; Jupyter keeps none


def write(outcomes: Sequence[Outcome], path: Path) -> Path:
    """Write the report of one run to `path` and return it."""
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined)
    rows = [each.row for each in outcomes if each.row]
    page = environment.get_template("report.html.j2").render(
        outcomes=outcomes,
        failed=[each for each in outcomes if each.failure],
        bodies={each.slug: body(each) for each in outcomes},
        plot=svg(bench.plot(rows)) if rows else "",
        colours=Markup(HtmlFormatter(style="friendly").get_style_defs(".highlight")),  # noqa: S704 - pygments' own
        at=datetime.now(UTC),
        row=rows[0] if rows else None,
    )
    path.write_text(page, encoding="utf-8")
    return path


def body(each: Outcome) -> Markup:
    """Return the rendered cells of a notebook, pictures inside, or nothing where it never ran."""
    if each.notebook is None:
        return Markup("")
    html, _ = HTMLExporter(template_name="basic", log=_LOG).from_notebook_node(shelf.cleaned(each.notebook))
    return Markup(html)  # noqa: S704 - nbconvert's rendering of the project's own notebooks


def svg(figure: "Figure") -> Markup:
    """Return a figure as an SVG element."""
    text = io.StringIO()
    figure.savefig(text, format="svg", bbox_inches="tight")
    return Markup(text.getvalue()[text.getvalue().index("<svg") :])  # noqa: S704 - matplotlib's own
