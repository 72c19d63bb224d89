"""The experiment as one small drawing: record, emulate, gradient, write; then probe."""

_INK, _SOFT, _MARK, _CARD = "currentColor", "var(--soft, #777)", "#1f83c4", "var(--paper, #f7f7f5)"


def schematic() -> str:
    """Inline SVG in the page's own ink."""
    steps = (
        ("record", "spikes while it hears", "the stream", _dish()),
        ("emulate", "fit a model of", "this culture", _net()),
        ("gradient", "improve its forecast", "of the next symbol", _slope()),
        ("write", "electrodes that stand", "out in the forecast", _pulses()),
        ("probe", "random symbols,", "no writes", _answer()),
    )
    boxes = "".join(_box(20 + 182 * i, *step) for i, step in enumerate(steps))
    arrows = "".join(_arrow(20 + 182 * i + 144, 20 + 182 * (i + 1) - 4, i == 3) for i in range(4))
    loop = (
        f'<path d="M638 150 v24 q0 10 -10 10 H102 q-10 0 -10 -10 V156" fill="none" stroke="{_SOFT}" '
        f'stroke-width="1.5"/><path d="M87 158 l5 -9 l5 9z" fill="{_SOFT}"/>'
        f'<text x="365" y="202" text-anchor="middle" fill="{_SOFT}" font-size="13">'
        "after every symbol write; after every block fit again</text>"
    )
    return (
        '<figure class="wide"><div class="scroll"><svg viewBox="0 0 912 212" role="img" '
        'aria-label="record, emulate, gradient, write, repeated; then probe" font-family="inherit">'
        f"{boxes}{arrows}{loop}</svg></div></figure>"
    )


def _box(x: int, name: str, first: str, second: str, picture: str) -> str:
    colour = _MARK if name == "gradient" else _INK
    return (
        f'<g transform="translate({x} 6)"><rect width="144" height="142" rx="12" fill="{_CARD}" '
        f'stroke="{colour}" stroke-opacity="{1 if name == "gradient" else 0.25}"/>'
        f'<g transform="translate(72 38)">{picture}</g>'
        f'<text x="72" y="94" text-anchor="middle" font-size="15" font-weight="700" fill="{colour}">'
        f"{name}</text>"
        f'<text x="72" y="114" text-anchor="middle" font-size="12.5" fill="{_SOFT}">{first}</text>'
        f'<text x="72" y="130" text-anchor="middle" font-size="12.5" fill="{_SOFT}">{second}</text></g>'
    )


def _arrow(start: int, stop: int, dashed: bool) -> str:
    dash = ' stroke-dasharray="4 4"' if dashed else ""
    return (
        f'<path d="M{start + 4} 77 H{stop - 6}" stroke="{_SOFT}" stroke-width="1.5"{dash}/>'
        f'<path d="M{stop - 8} 72 l9 5 l-9 5z" fill="{_SOFT}"/>'
    )


def _dish() -> str:
    dots = "".join(
        f'<circle cx="{x}" cy="{y}" r="2" fill="{_MARK if (x, y) in ((-8, -8), (8, 0), (0, 8)) else _SOFT}"/>'
        for x in (-16, -8, 0, 8, 16)
        for y in (-16, -8, 0, 8, 16)
        if x * x + y * y < 500
    )
    return f'<circle r="28" fill="none" stroke="{_INK}" stroke-width="1.5"/>{dots}'


def _net() -> str:
    left, middle, right = (
        [(-30, y) for y in (-16, 0, 16)],
        [(0, y) for y in (-22, -7, 7, 22)],
        [(30, y) for y in (-12, 12)],
    )
    pairs = [(a, b) for a in left for b in middle] + [(a, b) for a in middle for b in right]
    lines = "".join(f"M{a[0]} {a[1]}L{b[0]} {b[1]}" for a, b in pairs)
    nodes = "".join(f'<circle cx="{x}" cy="{y}" r="4" fill="{_INK}"/>' for x, y in left + middle + right)
    return f'<path d="{lines}" stroke="{_SOFT}" stroke-width=".7" fill="none"/>{nodes}'


def _slope() -> str:
    return (
        '<path d="M-40 -24 C-20 -24 -16 20 8 20 S30 4 42 -4" fill="none" '
        f'stroke="{_INK}" stroke-width="1.8"/>'
        f'<path d="M-26 -21 L-13 5 L2 16" fill="none" stroke="{_MARK}" stroke-width="1.6"/>'
        f'<circle cx="-26" cy="-21" r="4" fill="{_MARK}"/><circle cx="-13" cy="5" r="4" fill="{_MARK}"/>'
        f'<circle cx="4" cy="17" r="4.5" fill="{_MARK}"/>'
    )


def _pulses() -> str:
    pulse = "h8 v14 h6 v-26 h6 v12 h8"
    rows = "".join(
        f'<path d="M{x} {y} {pulse}" fill="none" stroke="{_MARK if y == 0 else _INK}" stroke-width="1.6"/>'
        for x, y in ((-44, -10), (-12, 0), (16, 10))
    )
    return f'<g transform="translate(0 4)">{rows}</g>'


def _answer() -> str:
    bars = "".join(
        f'<rect x="{-26 + 14 * i}" y="{24 - h}" width="9" height="{h}" fill="{_MARK if i == 2 else _SOFT}"/>'
        for i, h in enumerate((12, 18, 46, 10))
    )
    return f'{bars}<path d="M-34 24 H34" stroke="{_INK}" stroke-width="1.5"/>'
