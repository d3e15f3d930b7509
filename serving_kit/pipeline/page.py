"""A page that shows a running pipeline: its drawing, fetched again and again."""

from html import escape
from string import Template

_PAGE = Template("""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>$name</title>
<style>
  body { margin: 1rem; font: 14px system-ui, sans-serif; color: CanvasText; background: Canvas }
  #graph { overflow-x: auto }
  .old #graph { opacity: .4 }
  #state { min-height: 1.2em; opacity: .72 }
</style>
<div id="graph"></div>
<p id="state" role="status"></p>
<script>
  const graph = document.getElementById("graph"), state = document.getElementById("state");
  async function draw() {
    try {
      if (!document.hidden) {
        const answer = await fetch("$graph_url", { cache: "no-store", signal: AbortSignal.timeout(5000) });
        if (!answer.ok) throw new Error(answer.status + " " + answer.statusText);
        graph.innerHTML = await answer.text();
        document.body.className = state.textContent = "";
      }
    } catch (error) {
      document.body.className = "old";
      state.textContent = "No figures from the server (" + error.message + "); asking again.";
    }
    setTimeout(draw, 1000);
  }
  draw();
</script>
</html>
""")


def page(name: str, graph_url: str = "/pipeline/graph.svg") -> str:
    """Return the HTML, which loads nothing but the drawing at `graph_url`, each second while somebody looks."""
    quoted = graph_url.replace("\\", "").replace('"', "%22").replace("<", "%3C")
    return _PAGE.substitute(name=escape(name), graph_url=quoted)
