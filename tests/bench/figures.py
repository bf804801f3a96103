# SPDX-License-Identifier: GPL-2.0-or-later
"""The figures as a table, as Markdown, and as a plot."""

import math


def number(value):
    """Three digits; nothing for None."""
    if value is None:
        return ""
    if abs(value) >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


def _times(value):
    return f"{value:.3g} x" if value is not None else ""


HEAD = ["what", "median", "95 %", "floor", "to floor", "bare floor", "to that", "faster than vif-bridge", "goal", ""]


def _cells(row):
    cells = [row.what, f"{number(row.median)} {row.unit}".strip(), number(row.p95),
             number(row.middle(row.floor)), _times(row.to_floor), number(row.middle(row.bare)),
             _times(row.to_bare), _times(row.faster_than_script)]
    goals = row.goals or [None]
    yield [*cells, *_goal(goals[0])]
    for goal in goals[1:]:
        yield [""] * len(cells) + _goal(goal)


def _goal(goal):
    return [goal.text, goal.verdict()] if goal else ["", ""]


def table(rows):
    """Lines of text."""
    lines = [HEAD] + [cells for row in rows for cells in _cells(row)]
    widths = [max(len(cells[i]) for cells in lines) for i in range(len(HEAD))]
    for cells in lines:
        left = [0, len(HEAD) - 2, len(HEAD) - 1]
        yield "  ".join(c.ljust(w) if i in left else c.rjust(w)
                        for i, (c, w) in enumerate(zip(cells, widths))).rstrip()


def markdown(rows):
    yield "| " + " | ".join(HEAD) + " |"
    yield "|---" + "|---:" * (len(HEAD) - 3) + "|---|---|"
    for row in rows:
        for cells in _cells(row):
            yield "| " + " | ".join(cells) + " |"


# ---- the plot ------------------------------------------------------------

WIDTH, HEIGHT = 720, 440
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 50, 50
STYLES = {  # name in the plot's data: (colour, what it is)
    "script": ("#b03030", "vif-bridge, one by one"),
    "script8": ("#d08030", "vif-bridge, 8 at a time"),
    "agent": ("#2050b0", "vifagentd"),
    "floor": ("#408040", "the floor"),
    "bare": ("#888888", "the bare floor"),
}


class _Axis:
    """A logarithmic one, from one power of ten to another."""

    def __init__(self, values, begin, end):
        self.first = math.floor(math.log10(min(values)))
        self.last = math.ceil(math.log10(max(values)))
        self._begin, self._end = begin, end

    def at(self, value):
        share = (math.log10(value) - self.first) / max(1, self.last - self.first)
        return self._begin + share * (self._end - self._begin)

    def powers(self):
        return [10 ** p for p in range(self.first, self.last + 1)]


def _milliseconds(value):
    return f"{value / 1000:g} s" if value >= 1000 else f"{value:g} ms"


def _text(x, y, text, anchor="middle", more=""):
    return f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}"{more}>{text}</text>'


def _grid(x, y):
    for power in x.powers():
        yield f'<path d="M{x.at(power):.0f} {TOP}V{HEIGHT - BOTTOM}" class="grid"/>'
        yield _text(x.at(power), HEIGHT - BOTTOM + 18, f"{power:,}")
    for power in y.powers():
        yield f'<path d="M{LEFT} {y.at(power):.0f}H{WIDTH - RIGHT}" class="grid"/>'
        yield _text(LEFT - 8, y.at(power) + 4, _milliseconds(power), "end")
    yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 10, "NICs at once, on one bridge")
    yield _text(WIDTH / 2, 24, "Time until all NICs are connected", more=' font-size="16"')


def _curve(x, y, sizes, values, style, dashed):
    colour, _ = style
    points = " ".join(f"{x.at(n):.1f},{y.at(v):.1f}" for n, v in zip(sizes, values))
    dashes = ' stroke-dasharray="6 4"' if dashed else ""
    yield f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"{dashes}/>'
    for n, v in zip(sizes, values):
        fill = "white" if dashed else colour
        yield f'<circle cx="{x.at(n):.1f}" cy="{y.at(v):.1f}" r="3.5" fill="{fill}" stroke="{colour}"/>'


def _legend(names):
    for i, name in enumerate(names):
        colour, what = STYLES[name]
        extrapolated = ", extrapolated" if name.startswith("script") else ""
        y = TOP + 16 + 18 * i
        yield f'<path d="M{LEFT + 12} {y}h24" stroke="{colour}" stroke-width="2"/>'
        yield _text(LEFT + 44, y + 4, what + extrapolated, "start")


def svg(plot):
    """plot: sizes, and milliseconds for each size, or (script) for one NIC."""
    sizes = plot["sizes"]
    curves = {name: plot[name] if isinstance(plot[name], list) else [plot[name] * n for n in sizes]
              for name in STYLES}
    x = _Axis(sizes, LEFT, WIDTH - RIGHT)
    y = _Axis([v for values in curves.values() for v in values], HEIGHT - BOTTOM, TOP)
    yield "<!-- SPDX-License-Identifier: GPL-2.0-or-later; made by tests/bench/bench -->"
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}"'
           ' font-family="sans-serif" font-size="12">')
    yield f'<style>.grid {{ stroke: #ddd }}</style><rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>'
    yield from _grid(x, y)
    for name, values in curves.items():
        yield from _curve(x, y, sizes, values, STYLES[name], name.startswith("script"))
    yield from _legend(curves)
    yield "</svg>"
