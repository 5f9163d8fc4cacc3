# SPDX-License-Identifier: Apache-2.0
"""Draws what bench_loss measured: plot_loss.py RESULTS.json PLOT.svg

Prints the table of docs/performance.md; the plot has a panel for each round-trip time and number of
connections, with a line for each congestion control beside the ideal selective-repeat bound.
"""

import json
import sys
from html import escape

WIDTH, HEIGHT, LEFT, TOP, GAP = 330, 200, 60, 56, 66
COLOURS = {"cubic": "#0b6fb8", "newreno": "#c2570c", "dctcp": "#2b8a3e"}
MOST = 100.0  # Gbit/s at the top of a panel


def by_panel(results):
    """{(rtt_us, connections): {cc: {loss_percent: result}}}, in the order of the results."""
    panels = {}
    for result in results:
        panel = panels.setdefault((result["rtt_us"], result["connections"]), {})
        panel.setdefault(result["cc"], {})[result["loss_percent"]] = result
    return dict(sorted(panels.items()))


def table(panels):
    losses = sorted({loss for panel in panels.values() for cc in panel.values() for loss in cc})
    head = " | ".join(f"{loss:g} % lost" for loss in losses)
    print(f"| RTT, connections, control | {head} |")
    print("| --- |" + " --- |" * len(losses))
    for (rtt, connections), panel in panels.items():
        for cc, points in panel.items():
            cells = [f"{p['gbps']:.2f} ({100 * p['gbps'] / p['bound_gbps']:.1f} %)"
                     for p in (points[loss] for loss in losses)]
            print(f"| {rtt} us, {connections}, {cc} | " + " | ".join(cells) + " |")


def text(x, y, words, anchor="middle", size=12, extra=""):
    return (f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{extra}>'
            f"{escape(words)}</text>")


def line(points, colour, dashed=False):
    places = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    dash = ' stroke-dasharray="5 4"' if dashed else ""
    marks = "" if dashed else "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>' for x, y in points)
    return (f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"{dash}/>'
            f"{marks}")


def draw_panel(key, panel, left, top):
    losses = sorted(next(iter(panel.values())))
    across = {loss: left + WIDTH * (i + 0.5) / len(losses) for i, loss in enumerate(losses)}

    def up(gbps):
        return top + HEIGHT * (1 - gbps / MOST)

    parts = [f'<rect x="{left}" y="{top}" width="{WIDTH}" height="{HEIGHT}" fill="none" '
             'stroke="#888"/>']
    for gbps in range(0, 101, 20):
        parts.append(f'<line x1="{left}" x2="{left + WIDTH}" y1="{up(gbps):.1f}" '
                     f'y2="{up(gbps):.1f}" stroke="#ddd"/>')
        parts.append(text(left - 6, up(gbps) + 4, str(gbps), "end", 11))
    parts += [text(x, top + HEIGHT + 16, f"{loss:g} %", size=11) for loss, x in across.items()]
    plural = "" if key[1] == 1 else "s"
    parts.append(text(left + WIDTH / 2, top - 8, f"RTT {key[0]} us, {key[1]} connection{plural}"))
    bound = next(iter(panel.values()))
    parts.append(line([(across[loss], up(bound[loss]["bound_gbps"])) for loss in losses], "#555",
                      dashed=True))
    for cc, points in panel.items():
        aside = 5 * (list(COLOURS).index(cc) - 1)  # equal figures side by side
        parts.append(line([(across[loss] + aside, up(points[loss]["gbps"])) for loss in losses],
                          COLOURS[cc]))
    return parts


def legend(names, x, y):
    parts = []
    for name in [*names, "ideal selective repeat"]:
        colour, dashed = COLOURS.get(name, "#555"), name not in COLOURS
        parts.append(line([(x, y - 4), (x + 26, y - 4)], colour, dashed))
        parts.append(text(x + 34, y, name, "start"))
        x += 60 + 8 * len(name)
    return parts


def svg(panels):
    columns = 2
    rows = (len(panels) + columns - 1) // columns
    width = LEFT + columns * (WIDTH + GAP)
    height = TOP + rows * (HEIGHT + GAP) + 10
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
             'font-family="sans-serif" fill="#222">',
             f'<rect width="{width}" height="{height}" fill="#fff"/>']
    parts += legend(next(iter(panels.values())), LEFT, 22)
    for i, (key, panel) in enumerate(panels.items()):
        parts += draw_panel(key, panel, LEFT + i % columns * (WIDTH + GAP),
                            TOP + i // columns * (HEIGHT + GAP))
    middle = TOP + rows * (HEIGHT + GAP) / 2
    parts.append(text(16, middle, "payload, Gbit/s", extra=f' transform="rotate(-90 16 {middle})"'))
    parts.append(text(width / 2, height - 8, "frames lost by the link, each direction"))
    return "\n".join([*parts, "</svg>", ""])


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        panels = by_panel(json.load(file))
    table(panels)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write(svg(panels))


if __name__ == "__main__":
    main()
