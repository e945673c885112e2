"""What all figures share: page, typeface, a palette for every eye, and files whose bytes depend on nothing else.

A figure is drawn on a sheet whose unit is the point, from the lower left corner, so that what is computed is what is
seen, in every format. matplotlib is imported when something is drawn and not before; nothing goes through pyplot, and
what the user set for matplotlib stays out of the figure and stays as it is.
"""

from __future__ import annotations

from bisect import bisect_left
from contextlib import contextmanager
from html import escape
from io import BytesIO
from math import pi
from typing import TYPE_CHECKING, Any, Literal, NamedTuple
from unicodedata import bidirectional, category

from depfrag.errors import ConfigError
from depfrag.visible import visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.font_manager import FontProperties
    from matplotlib.patches import Rectangle

    from depfrag.model import Band
    from depfrag.placement import Box, Disc

FORMATS = ("svg", "png", "pdf")
WIDTH, HEIGHT = 960.0, 540.0
"""The page in points: a 16:9 slide, 13.3 by 7.5 inches."""
EDGE = 44.0
"""Its margin."""
_POINTS, _DPI = 72, 200

INK, SOFT, LINE, FAINT, PANEL, PAPER = "#1A1D21", "#555B63", "#868D95", "#E7EAED", "#F3F4F6", "#FFFFFF"
"""Text, secondary text (6.8 to 1 on paper, 6.2 on a panel), lines and rims, grids, panels, paper."""
GREY, _SKY, _ORANGE, _VERMILLION = "#C3C8CE", "#56B4E9", "#E69F00", "#D55E00"
"""A grey, and colours of Okabe and Ito (https://jfly.uni-koeln.de/color/), which people with any colour vision can tell
apart. Still nothing is said by colour alone."""


class Look(NamedTuple):
    """How a band is drawn: its marks, its name, its region, and the line where that begins."""

    fill: str
    rim: str
    ink: str
    tint: str
    line: str


LOOKS: Mapping[Band, Look] = {
    "low": Look(GREY, "#9AA1A9", SOFT, PAPER, "none"),
    "medium": Look(_SKY, "#2F7FB0", "#1F6590", PAPER, "dotted"),
    "high": Look(_ORANGE, "#8A5F00", "#7A5400", "#FEF8E8", "dashed"),
    "critical": Look(_VERMILLION, "#7A3600", "#A34700", "#FDEDE2", "solid"),
}
"""Lowest band first. Inks are at least 4.5 to 1 on paper, rims 3 to 1 except the lowest."""

_NORMAL, _BOLD = "DejaVuSans.ttf", "DejaVuSans-Bold.ttf"
_CUT = 100
"""Characters at each end of a foreign text that are looked at; no room is wide enough for more."""


@contextmanager
def page() -> Iterator[Axes]:
    """An empty sheet. Text on it is never read as mathematics, and settings of the user do not reach it."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    settings: Any = {  # typed as a dict of hundreds of literal names
        **{name: value for name, value in mpl.rcParamsDefault.items() if not name.startswith("backend")},
        "svg.fonttype": "path",  # a viewer without the typeface would set other widths, and labels would overlap
        "svg.hashsalt": "depfrag",
        "pdf.fonttype": 42,  # a PDF carries its typeface: text stays text
        "text.parse_math": False,
        "text.hinting": "none",  # letters are as wide as `width` says
        "font.family": ["DejaVu Sans"],
    }
    with mpl.rc_context(settings):
        figure = Figure(figsize=(WIDTH / _POINTS, HEIGHT / _POINTS), dpi=_POINTS, facecolor=PAPER)
        sheet = figure.add_axes((0, 0, 1, 1))
        sheet.set(xlim=(0, WIDTH), ylim=(0, HEIGHT), autoscale_on=False)
        sheet.axis("off")
        yield sheet


def save(sheet: Axes, file_format: str, title: str, description: str) -> bytes:
    """The sheet as svg, png or pdf, to be called while its page is open; equal sheets give equal bytes.

    `title` and `description` say in words what it shows, for those who cannot see it, and go into the file.
    """
    metadata: dict[str, dict[str, str | None]] = {
        "svg": {"Title": title, "Creator": "depfrag", "Date": None},
        "png": {"Title": title, "Description": description, "Software": "depfrag"},
        "pdf": {"Title": title, "Subject": description, "Creator": "depfrag", "Producer": None, "CreationDate": None},
    }
    if file_format not in metadata:
        raise ConfigError(f"a figure cannot be written as {file_format!r}", hint=f"use {', '.join(FORMATS)}")
    figure = sheet.get_figure(root=True)
    assert figure is not None
    out = BytesIO()
    dpi = _DPI if file_format == "png" else _POINTS
    figure.savefig(out, format=file_format, dpi=dpi, metadata=metadata[file_format])
    data = out.getvalue()
    return _told(data, description) if file_format == "svg" else data


def _told(svg: bytes, description: str) -> bytes:
    """An SVG with its description, and marked as one image to screen readers."""
    svg = svg.replace(b"<svg ", b'<svg role="img" ', 1)
    return svg.replace(b"</title>", b"</title>\n <desc>" + escape(description, quote=False).encode() + b"</desc>", 1)


# -- text ------------------------------------------------------------------------------------------------------------


def font(size: float, *, bold: bool = False) -> FontProperties:
    """The typeface that comes with matplotlib, whatever else is installed; `size` in points."""
    import os.path

    from matplotlib import get_data_path
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=os.path.join(get_data_path(), "fonts", "ttf", _BOLD if bold else _NORMAL), size=size)


def write(
    sheet: Axes,
    at: tuple[float, float],
    text: str,
    size: float = 10,
    *,
    bold: bool = False,
    color: str = INK,
    anchor: Literal[
        "left baseline", "center baseline", "right baseline", "right bottom", "right top"
    ] = "left baseline",
) -> float:
    """Sets `text` so that the `anchor` of it is there; returns how wide it is."""
    across, up = anchor.split()
    sheet.text(*at, text, fontproperties=font(size, bold=bold), color=color, ha=across, va=up)
    return width(text, size, bold=bold)


def width(text: str, size: float = 10, *, bold: bool = False) -> float:
    """How wide `text` is when set, in points; the same for every format."""
    from matplotlib.textpath import text_to_path

    return float(text_to_path.get_text_width_height_descent(text, font(size, bold=bold), ismath=False)[0])


def drawable(text: str, room: float, size: float = 10) -> str:
    r"""Foreign text as it can be drawn, no wider than `room`: characters that hide, pile up on others, run to the left
    or have no glyph become ``\u…``, and of what is too wide the middle is left out."""
    from matplotlib.ft2font import FT2Font

    glyphs = FT2Font(str(font(1).get_file())).get_charmap()
    text = text if len(text) <= 2 * _CUT else text[:_CUT] + text[-_CUT:]
    text = "".join(c if ord(c) in glyphs and _plain(c) else c.encode("unicode-escape").decode() for c in visible(text))
    if width(text, size) <= room:
        return text
    kept = bisect_left(range(len(text)), room, key=lambda n: width(_without_middle(text, n), size))
    return _without_middle(text, max(kept - 1, 0))


def _plain(character: str) -> bool:
    """Whether it shows, and stands in line from left to right."""
    across = bidirectional(character) not in ("R", "AL", "AN")
    return across and not category(character).startswith("M") and character.isprintable()


def _without_middle(text: str, kept: int) -> str:
    """The first and last characters of a text, `kept` of them."""
    tail = kept // 3
    return f"{text[: kept - tail]}…{text[len(text) - tail :]}"


def wrapped(text: str, size: float, room: float, *, bold: bool = False) -> list[str]:
    """`text` in lines no wider than `room`, as far as its words allow; lines rather end after a comma or the like."""
    lines: list[list[str]] = [[]]
    for word in text.split():
        line = lines[-1]
        if not line or width(" ".join([*line, word]), size, bold=bold) <= room:
            line.append(word)
            continue
        pauses = [i for i in range(len(line) // 2, len(line)) if line[i - 1].endswith((",", ";", ":", "."))]
        cut = pauses[-1] if pauses else len(line)
        lines.append([*line[cut:], word])
        del line[cut:]
    return [" ".join(line) for line in lines]


# -- shapes ----------------------------------------------------------------------------------------------------------


def dots(
    sheet: Axes,
    discs: Sequence[Disc],
    *,
    fill: str,
    rim: str,
    diamond: bool = False,
    line: float = 0.8,
    alpha: float = 1,
) -> None:
    """Draws discs, or diamonds of the same area."""
    square = pi if diamond else 4.0  # times the squared radius: what matplotlib calls the size of such a marker
    sheet.scatter(
        [disc.x for disc in discs],
        [disc.y for disc in discs],
        s=[square * disc.radius**2 for disc in discs],
        marker="D" if diamond else "o",
        c=fill,
        edgecolors=rim,
        linewidths=line,
        alpha=alpha,
        zorder=3,
    )


def stroke(
    sheet: Axes,
    points: Sequence[tuple[float, float]],
    color: str,
    *,
    line: float = 0.8,
    style: str = "solid",
    within: Box | None = None,
    above: float = 0.7,
) -> None:
    """Draws a line from point to point, cut off at the edges of the box `within`; dots and text lie on top."""
    (drawn,) = sheet.plot([x for x, _ in points], [y for _, y in points], color=color, lw=line, ls=style, zorder=above)
    if within is not None:
        drawn.set_clip_path(_rectangle(sheet, within))


def area(sheet: Axes, points: Sequence[tuple[float, float]], color: str, within: Box) -> None:
    """Fills the polygon of these points, as far as it lies in the box `within`."""
    (drawn,) = sheet.fill([x for x, _ in points], [y for _, y in points], color=color, lw=0, zorder=0.5)
    drawn.set_clip_path(_rectangle(sheet, within))


def panel(sheet: Axes, box: Box) -> None:
    """Fills a box as a ground for what is set apart."""
    sheet.add_patch(_rectangle(sheet, box, facecolor=PANEL, linewidth=0, zorder=0.6))


def _rectangle(sheet: Axes, box: Box, **look: Any) -> Rectangle:  # noqa: ANN401 - as matplotlib takes it
    from matplotlib.patches import Rectangle

    corner, wide, high = (box.left, box.bottom), box.right - box.left, box.top - box.bottom
    return Rectangle(corner, wide, high, transform=sheet.transData, **look)
