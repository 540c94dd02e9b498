#!/usr/bin/env python3
"""Records `flux-sandbox quickstart --once` as docs/images/quickstart.svg.

Usage: scripts/record-quickstart.py [COMMAND...]

COMMAND is what to record; without one it is the quickstart as the README gives it. Only the steps and their
times are drawn: no address, key, path or process id. Needs Python 3.9 or later and nothing else.
"""

import html
import pathlib
import subprocess
import sys
import textwrap

ROOT = pathlib.Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "images" / "quickstart.svg"
SHOWN = "cargo run --release -p flux-testkit -- quickstart"
COLUMNS = 92
FONT_SIZE, LINE_HEIGHT, CHAR_WIDTH = 14, 21, 8.43
MARGIN, TITLE_BAR = 18, 34
# Seconds between two lines of the animation; it plays once and stays.
PACE = 0.35

STYLE = """
  .window { fill: #ffffff; stroke: #d0d7de; }
  .bar { fill: #f6f8fa; }
  .dot { fill: #d0d7de; }
  text { font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; font-size: %(size)dpx; fill: #1f2328; }
  .ok { fill: #1a7f37; }
  .time { fill: #656d76; }
  .line { animation: appear 0.01s step-end both; }
  @keyframes appear { from { opacity: 0; } to { opacity: 1; } }
  @media (prefers-color-scheme: dark) {
    .window { fill: #0d1117; stroke: #30363d; }
    .bar { fill: #161b22; }
    .dot { fill: #30363d; }
    text { fill: #e6edf3; }
    .ok { fill: #3fb950; }
    .time { fill: #8b949e; }
  }
  @media (prefers-reduced-motion: reduce) { .line { animation: none; } }
"""


def record(command):
    """The steps that the quickstart prints, without what follows them."""
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with {run.returncode}:\n{run.stdout}{run.stderr}")
    return [line.strip() for line in run.stdout.splitlines() if line.startswith(("  ✓", "    ("))]


def rows(steps):
    """The steps as rows of (mark, text, time); a long step takes several rows."""
    for step in steps:
        mark, text = ("✓", step[2:]) if step.startswith("✓ ") else (" ", step)
        time = ""
        if mark == "✓" and text.endswith(")"):
            text, _, time = text[:-1].rpartition("  (")
        wrapped = textwrap.wrap(text, COLUMNS - 14)
        for number, part in enumerate(wrapped):
            is_last = number == len(wrapped) - 1
            yield (mark if number == 0 else " ", part, time if is_last else "")


def draw(steps):
    """The picture."""
    lines = list(rows(steps))
    width = round(COLUMNS * CHAR_WIDTH + 2 * MARGIN)
    height = TITLE_BAR + (len(lines) + 1) * LINE_HEIGHT + MARGIN
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">',
        "<title>The quickstart: a store, an agent and a game start; every purchase is delivered once</title>",
        f"<style>{STYLE % {'size': FONT_SIZE}}</style>",
        f'<rect class="window" x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="8"/>',
        f'<path class="bar" d="M1 {TITLE_BAR}V8.5a7.5 7.5 0 0 1 7.5-7.5h{width - 17}a7.5 7.5 0 0 1 7.5 7.5V{TITLE_BAR}z"/>',
    ]
    out += [f'<circle class="dot" cx="{MARGIN + 18 * number}" cy="17" r="5.5"/>' for number in range(3)]

    def text(row, column, content, kind=""):
        x, y = MARGIN + column * CHAR_WIDTH, TITLE_BAR + (row + 1) * LINE_HEIGHT
        kind = f' class="{kind}"' if kind else ""
        return f'<text{kind} x="{x:.1f}" y="{y}">{html.escape(content)}</text>'

    out.append(text(0, 0, f"$ {SHOWN}"))
    for number, (mark, content, time) in enumerate(lines, 1):
        parts = text(number, 2, content)
        if mark.strip():
            parts = text(number, 0, mark, "ok") + parts
        if time:
            parts += text(number, COLUMNS - len(time), time, "time")
        out.append(f'<g class="line" style="animation-delay:{number * PACE:.2f}s">{parts}</g>')
    out.append("</svg>")
    return "\n".join(out) + "\n"


def main():
    command = sys.argv[1:] or [*SHOWN.split(), "--once"]
    steps = record(command)
    if len(steps) < 10:
        sys.exit(f"only {len(steps)} steps were printed: is this the quickstart?")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_text(draw(steps), encoding="utf-8")
    print(f"{PICTURE.relative_to(ROOT)}: {len(steps)} steps")


if __name__ == "__main__":
    main()
