"""The risk map as it is drawn: what is where, what is said, and that nothing breaks it."""

from __future__ import annotations

import hashlib
import os
import pickle
import subprocess
import sys
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plots.analyses import analysis, one, project, release, typical
from strategies import texts

from depfrag import drawing, registry
from depfrag.config import ScoreSettings
from depfrag.placement import Box
from depfrag.plots.risk_map import PLOT, compose

SHEET = Box(0, 0, drawing.WIDTH, drawing.HEIGHT)
HOSTILE = (
    "\x1b[31mred", "$x^2$ \\frac{1", "e\u202evil", "@\u05d0\u05d1/\u0627", "日本語", "\U0001f4a5boom", "W" * 214,
    "a" * 214, "<b>&amp;--></svg>", "%5#_{}~^\\", "ﷺ" * 30, "i\u0334\u0321" * 20, "\ud800", "\n\r\t", "",
    " ",
)  # fmt: skip


def known(name, **more):
    return release(name, **{"publishers": ("x",), "lines": 5, "dependents": 3} | more)


CASES = {
    "typical": typical,
    "no lockfile": analysis,
    "no release": one,
    "one release": lambda: one(known("only", dependents=0, direct=True)),
    "all unknown": lambda: one(*(release(f"u{i}", dependents=i) for i in range(40))),
    "all alike": lambda: one(*(known(f"s{i}", dependents=300, breaks=0.5) for i in range(600))),
    "hostile": lambda: one(*(known(name, version=f"1\x07{name}", lines=5 + i) for i, name in enumerate(HOSTILE))),
    "hostile and unknown": lambda: one(*(release(name, dependents=15) for name in HOSTILE)),
    "flat": lambda: one(*(known(f"f{i}", lines=30 * i, dependents=(i, 30 + i), breaks=(0.1, 0.9)) for i in range(40))),
    "sizes are bounds": lambda: one(*(known(f"b{i}", lines=None, bytes_at_least=999 * i * i) for i in range(40))),
    "no weight of reach": lambda: one(
        *(known(f"p{i}", dependents=i) for i in range(30)),
        settings=ScoreSettings(reach=0, solitude=1, smallness=0, critical=60, high=60, medium=0),
    ),
    "only reach counts": lambda: one(
        *(known(f"p{i}", dependents=i) for i in range(30)),
        settings=ScoreSettings(reach=1, solitude=0, smallness=0, critical=200, high=90, medium=85),
    ),
}


@pytest.fixture(params=CASES)
def case(request):
    return CASES[request.param]()


def composed(shown):
    """The texts of the map of an analysis with the boxes that they fill, and its marks as (offsets, collection)."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with drawing.page() as sheet:
        compose(sheet, shown)
        renderer = FigureCanvasAgg(sheet.figure).get_renderer()
        found = [(text, Box(*text.get_window_extent(renderer).extents)) for text in sheet.texts if text.get_text()]
        return found, [tuple(offset) for dots in sheet.collections for offset in dots.get_offsets()]


def check_texts(found):
    for text, box in found:
        assert box.within(SHEET), text.get_text()
        assert text.get_fontsize() >= 9
        assert not text.get_parse_math()
    for (a, box), (b, other) in combinations(found, 2):
        assert not box.touches(other, -0.5), (a.get_text(), b.get_text())


def test_no_text_touches_another_or_leaves_the_page(case):
    check_texts(composed(case)[0])


facts = {
    "publishers": st.none() | st.integers(0, 30).map(lambda n: ("x",) * n),
    "lines": st.none() | st.integers(1, 5000),
    "bytes": st.none() | st.integers(1, 10**6),
    "bytes_at_least": st.none() | st.integers(1, 10**6),
    "dependents": st.integers(0, 40) | st.tuples(st.integers(0, 5), st.integers(6, 40)),
    "breaks": st.none() | st.floats(0, 1),
    "direct": st.booleans(),
    "kind": st.sampled_from(("registry", "git")),
    "name": texts() | st.sampled_from(HOSTILE),
    "version": texts() | st.just("1.0.0"),
    "source": texts(),
}
releases = st.lists(st.fixed_dictionaries(facts).map(lambda given: release(**given)), max_size=25)


@settings(max_examples=25)
@given(st.lists(releases, max_size=2), st.booleans())
def test_no_text_touches_another_whatever_is_drawn(projects, prod):
    check_texts(composed(analysis(*(project(r, path="p/" * 60) for r in projects), prod=prod))[0])


def test_every_release_is_on_the_map_or_counted_in_the_strip():
    found, marks = composed(typical())
    boxes = {text.get_text(): box for text, box in found}
    strip, axis = boxes["2 could be critical"].top, boxes["↑  fewer hands, less code"].bottom
    assert sum(strip < y < axis for _, y in marks) == 37
    lane = boxes["30 cannot be critical"]
    counts = [int(word) for word, box in boxes.items() if word.isdigit() and abs(box.bottom - lane.bottom) < 12]
    assert counts == [5, 4], "they recur"
    assert sum(int(t.get_text()) for t, b in found if t.get_text().isdigit() and abs(b.bottom - lane.bottom) < 12) == 30
    assert "repeating 2.0.0  ·  xtend 4.0.1" in boxes


def test_the_worst_are_named_with_their_scores():
    words = [text.get_text() for text, _ in composed(typical())[0]]
    assert words.count("fragility, 0 to 100") == 1
    scores = {words[i + 1]: word for i, word in enumerate(words[:-1]) if word.rstrip("?").replace(".", "", 1).isdigit()}
    assert scores["left-pad 0.0.3"] == "91.6"
    assert scores["wheel 1.0"] == "77.5?", "what is not certain says so"
    assert "lodash 3.10.1" not in words


def test_at_most_twelve_are_named_and_at_least_five():
    crowd = [known(f"c{i}", dependents=50 + i) for i in range(40)]
    calm = [known(f"n{i}", publishers=("x",) * 9, dependents=i) for i in range(40)]

    def names(shown):
        return sum(text.get_text().endswith(" 1.0.0") for text, _ in composed(shown)[0])

    assert names(one(*crowd, *calm)) == 12
    assert names(one(*calm)) == 5
    assert names(one(*calm[:3])) == 3


def test_ticks_are_counts_for_one_size_of_lockfile_and_reach_for_several():
    first = project([known(f"a{i}", dependents=i) for i in range(40)])
    second = project([known(f"b{i}", dependents=i) for i in range(11)])
    words = [text.get_text() for text, _ in composed(analysis(first, first))[0]]
    assert {"0", "1", "3", "10", "30", "releases that need it, of 39 others  →"} <= set(words)
    assert "a39 1.0.0 ×2" in words, "one name for one release in two lockfiles"
    words = [text.get_text() for text, _ in composed(analysis(first, second))[0]]
    assert {"0", "0.25", "0.5", "0.75", "1"} <= set(words)
    assert any(word.startswith("reach: from 0") for word in words)
    assert any(word.startswith("2 lockfiles: 51 releases") for word in words)


def test_every_case_gives_a_valid_svg(case):
    root = ET.fromstring(PLOT.draw(case, "svg"))
    assert root.get("viewBox") == "0 0 960 540"
    told = root.findtext("{http://www.w3.org/2000/svg}desc")
    assert "releases" in told
    assert told.isprintable()


@pytest.mark.parametrize("name", ["hostile", "no lockfile", "flat"])
def test_pictures_to_print_and_to_show(name):
    data = PLOT.draw(CASES[name](), "pdf")
    assert data.startswith(b"%PDF-1.4")
    assert data.rstrip().endswith(b"%%EOF")
    assert PLOT.draw(CASES[name](), "png").startswith(b"\x89PNG\r\n\x1a\n")


def test_five_thousand_releases():
    many = [
        release(
            f"p{i}", dependents=(i * i) % 977, publishers=("x",) * (1 + i % 7), lines=10 + i % 800, breaks=i % 10 / 10
        )
        for i in range(5000)
    ]
    assert PLOT.draw(one(*many), "png").startswith(b"\x89PNG\r\n\x1a\n")


def test_the_same_analysis_gives_the_same_bytes_in_another_process(tmp_path):
    (tmp_path / "analysis").write_bytes(pickle.dumps(typical()))
    (tmp_path / "matplotlibrc").write_text(
        "font.size: 30\nlines.linewidth: 9\nfigure.facecolor: red\ntext.usetex: True\n"
    )
    code = (
        "import hashlib, pickle; from depfrag.plots.risk_map import PLOT;"
        "shown = pickle.load(open('analysis', 'rb'));"
        "print(*(hashlib.sha256(PLOT.draw(shown, form)).hexdigest() for form in ('svg', 'png', 'pdf')))"
    )
    here = " ".join(hashlib.sha256(PLOT.draw(typical(), form)).hexdigest() for form in drawing.FORMATS)
    environment = os.environ | {"PYTHONHASHSEED": "7", "LC_ALL": "C", "SOURCE_DATE_EPOCH": "7"}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, env=environment, check=True
    )
    assert done.stdout.strip() == here


def test_the_registry_knows_it():
    assert registry.plot("risk-map") is PLOT
