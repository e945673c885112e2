"""What figures share: text that cannot do harm, colours that can be read, and bytes that depend on nothing else."""

from __future__ import annotations

import os
import subprocess
import sys
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from strategies import texts

from depfrag import drawing
from depfrag.errors import ConfigError
from depfrag.placement import Box, Disc


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    dark, light = sorted((luminance(a), luminance(b)))
    return (light + 0.05) / (dark + 0.05)


def test_text_and_marks_can_be_read():
    for ground in (drawing.PAPER, drawing.PANEL):
        assert contrast(drawing.INK, ground) > 7
        assert contrast(drawing.SOFT, ground) > 4.5
    for band, look in drawing.LOOKS.items():
        assert contrast(look.ink, drawing.PAPER) > 4.5
        assert contrast(look.rim, look.tint) > (2.4 if band == "low" else 3)
    shades = [luminance(look.fill) for look in drawing.LOOKS.values()]
    assert shades[0] > shades[2] > shades[3], "low, high and critical differ without any colour"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("left-pad 0.0.3", "left-pad 0.0.3"),
        ("caf\xe9 \u0414\u03a9", "caf\xe9 \u0414\u03a9"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\u202eb", r"a\u202eb"),
        ("\u65e5\u672c", r"\u65e5\u672c"),
        ("\U0001f4a5", r"\U0001f4a5"),
        ("\u05d0\u0627", r"\u05d0\u0627"),
        ("z\u0334\u0321", r"z\u0334\u0321"),
        ("$x^2$ \\frac{1", "$x^2$ \\frac{1"),
        ("\ud800", r"\ud800"),
    ],
)
def test_foreign_text_is_drawn_as_what_it_is(text, shown):
    assert drawing.drawable(text, 500) == shown


@given(texts())
def test_foreign_text_fits_its_room(text):
    shown = drawing.drawable(text * 3, 60)
    assert drawing.width(shown) <= 60
    assert shown.isprintable()


def test_the_middle_is_left_out():
    shown = drawing.drawable("a" * 107 + "z" * 107, 100)
    assert shown.startswith("aaa")
    assert shown.endswith("zzz")
    assert "…" in shown
    assert 90 < drawing.width(shown) <= 100
    assert drawing.drawable("anything", 0) == "…"


def test_lines_end_after_a_pause_where_they_can():
    text = "6 of 105 releases are critical: small, one publisher each, under 4 of 5 direct dependencies"
    lines = drawing.wrapped(text, 20, 872, bold=True)
    assert lines == [text[:58], text[59:]]
    assert drawing.wrapped("w" * 300, 20, 100) == ["w" * 300]
    assert drawing.wrapped("", 20, 100) == [""]
    assert drawing.wrapped("one two three", 10, drawing.width("one two")) == ["one two", "three"]


def sheet_with_everything(sheet, text="$a_1$ 50%"):
    drawing.write(sheet, (100, 100), text, 12, bold=True, anchor="right top")
    drawing.dots(sheet, [Disc(200, 200, 9), Disc(220, 200, 3)], fill=drawing.GREY, rim=drawing.LINE, diamond=True)
    drawing.stroke(sheet, [(0, 0), (960, 540)], drawing.LINE, within=Box(10, 10, 300, 300))
    drawing.area(sheet, [(0, 0), (960, 540), (960, 0)], drawing.FAINT, Box(10, 10, 300, 300))
    drawing.panel(sheet, Box(10, 10, 40, 40))


@pytest.mark.parametrize(("form", "start"), [("svg", b"<?xml"), ("png", b"\x89PNG\r\n\x1a\n"), ("pdf", b"%PDF-")])
def test_formats(form, start):
    def draw():
        with drawing.page() as sheet:
            sheet_with_everything(sheet)
            return drawing.save(sheet, form, "Title <&> -- $t$", "Told ]]> & <b>")

    assert draw().startswith(start)
    assert draw() == draw()


def test_an_svg_says_what_it_shows():
    with drawing.page() as sheet:
        sheet_with_everything(sheet, "--> </svg> &amp; --")
        data = drawing.save(sheet, "svg", "Title <&>", "Told ]]> & <b>")
    root = ET.fromstring(data)
    space = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert root.findtext(f"{space}title") == "Title <&>"
    assert root.findtext(f"{space}desc") == "Told ]]> & <b>"
    assert not list(root.iter(f"{space}text")), "letters are shapes"


def test_another_format_is_refused():
    with drawing.page() as sheet, pytest.raises(ConfigError, match=r"'gif'; use svg, png, pdf"):
        drawing.save(sheet, "gif", "", "")


def test_a_picture_is_a_slide():
    with drawing.page() as sheet:
        data = drawing.save(sheet, "png", "", "")
    assert int.from_bytes(data[16:20]) in (2666, 2667)
    assert int.from_bytes(data[20:24]) == 1500


def test_settings_of_the_user_stay_out_and_stay():
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    with drawing.page() as sheet:
        sheet_with_everything(sheet)
        plain = drawing.save(sheet, "svg", "t", "d")
    with mpl.rc_context({"lines.linewidth": 9, "text.color": "red", "svg.fonttype": "none", "font.size": 30}):
        inside = dict(mpl.rcParams)
        with drawing.page() as sheet:
            sheet_with_everything(sheet)
            assert drawing.save(sheet, "svg", "t", "d") == plain
        assert dict(mpl.rcParams) == inside
    assert dict(mpl.rcParams) == before


def test_nothing_heavy_is_imported_before_something_is_drawn():
    code = (
        "import sys, depfrag.drawing, depfrag.plots.risk_map, depfrag.cli.plot;"
        "print([m for m in ('matplotlib', 'numpy', 'PIL', 'http', 'ssl') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=os.environ)
    assert done.stdout == "[]\n"
