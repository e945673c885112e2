"""The words on a figure: true in every case, and in plain English."""

from __future__ import annotations

import pytest
from plots.analyses import analysis, one, project, release

from depfrag import drawing
from depfrag.config import ScoreSettings
from depfrag.plots.captions import CAPTION, caption, headline, named, remark


def tiny(name="a", dependents=9, publishers=("x",), lines=5, **more):
    return release(name, dependents=dependents, publishers=publishers, lines=lines, **more)


OTHERS = [release(f"o{i}", publishers=tuple("abcdef"), lines=9000) for i in range(9)]
OPEN = [release(f"u{i}", dependents=9) for i in range(9)]


@pytest.mark.parametrize(
    ("releases", "said"),
    [
        ([], "There are no releases to map"),
        ([tiny(dependents=0)], "The one release is neither critical nor high"),
        ([release(publishers=("x",), bytes_at_least=9)], "The one release is neither critical nor high"),
        ([release()], "Nobody knows yet: publishers or size are unknown for the one release"),
        ([tiny(), *OTHERS], "1 of 10 releases is critical: tiny, one publisher"),
        ([tiny(breaks=0.4), *OTHERS],
         "1 of 10 releases is critical: tiny, one publisher, under 4 of 10 direct dependencies"),
        ([tiny("a"), tiny("b", breaks=1.0), *OTHERS],
         "2 of 11 releases are critical: tiny, one publisher each, under all 10 direct dependencies"),
        ([tiny("a"), tiny("b", publishers=("x", "y")), *OTHERS], "2 of 11 releases are critical: tiny, in few hands"),
        ([tiny(lines=100), *OTHERS], "1 of 10 releases is critical: small, one publisher"),
        ([tiny(lines=700), *OTHERS], "1 of 10 releases is critical: one publisher"),
        ([tiny(publishers=tuple("abc"), dependents=8), *OTHERS],
         "None is critical, 1 of 10 releases is high: tiny, in few hands"),
        ([tiny(publishers=tuple("abc"), dependents=14), *OTHERS, *OPEN],
         "None is known to be critical, 1 of 19 releases is high: tiny, in few hands"),
        (OTHERS, "None of 9 releases is critical or high"),
        ([*OTHERS, *OPEN], "None of 18 releases is known to be critical or high"),
        (OPEN, "Nobody knows yet: publishers or size are unknown for all 9 releases"),
    ],
)  # fmt: skip
def test_headlines(releases, said):
    assert headline(one(*releases)) == said


def test_a_headline_counts_direct_dependencies():
    few = project([tiny(breaks=0.1), *OTHERS])
    one_direct = few._replace(summary=few.summary._replace(direct=1))
    assert headline(analysis(one_direct)).endswith("under the only direct dependency")


def test_a_headline_counts_what_several_lockfiles_have_once():
    few, more = project([tiny(breaks=0.1), *OTHERS]), project([tiny(breaks=0.2), tiny("b", breaks=0.1)], path="more")
    both = analysis(few, more)
    assert headline(both._replace(summary=both.summary._replace(direct=12))) == (
        "2 of 11 releases are critical: tiny, one publisher each, under 2 of 12 direct dependencies"
    )


@pytest.mark.parametrize(
    ("releases", "said"),
    [
        ([], ""),
        (OTHERS, ""),
        ([tiny(), *OTHERS], ""),
        ([tiny(), tiny("b", publishers=tuple("ab"), dependents=4), *OTHERS], "1 more is high."),
        ([tiny(), *(tiny(n, publishers=tuple("ab"), dependents=4) for n in "bc"), *OTHERS], "2 more are high."),
        ([tiny(), *OPEN[:1], *OTHERS], "1 more could be critical: too little is known of it."),
        (OPEN, "9 could be critical: too little is known of them."),
    ],
)
def test_remarks(releases, said):
    assert remark(one(*releases)) == said


def test_a_caption_has_date_sources_coverage_and_extent():
    releases = [tiny(), release("b", publishers=("x",)), release("c", source="archive", lines=4), release("d"),
                release("e", kind="git")]  # fmt: skip
    assert caption(one(*releases)) == [
        "Facts as of 2016-03-21 from npm and archive; publishers known for 50%, size for 50% of 4 registry releases.",
        "package-lock.json: 5 releases, 10 dependencies between them.",
    ]


def test_a_caption_without_much_to_say():
    assert caption(analysis(as_of=None)) == [
        "Facts up to 2016-03-21; no registry can know of these releases.",
        "0 lockfiles: 0 releases, 0 dependencies between them.",
    ]
    lone = project([release()])
    lone = lone._replace(summary=lone.summary._replace(edges=1))
    assert caption(analysis(lone)) == [
        "Facts as of 2016-03-21; publishers known for 0%, size for 0% of 1 registry releases.",
        "package-lock.json: 1 release, 1 dependency between them.",
    ]


def test_a_caption_says_what_is_unusual():
    many = [release(f"p{i}", source=f"s{i}", lines=4) for i in range(5)]
    facts, extent = caption(one(*many, prod=True, settings=ScoreSettings(critical=80)))
    assert " from s0, s1, s2 and 2 more; " in facts
    assert extent.endswith(
        "between them, without what only development needs. Weights, floors or bands are not the defaults."
    )


def test_foreign_words_are_made_harmless():
    (scored,) = project([release("\x1b[2J", "\u202e1", source="\x1b]0;x\x07", lines=4)]).packages
    assert named(scored) == r"\x1b[2J \u202e1"
    text = " ".join(caption(analysis(project([release("a", source="\x1b]0;x\x07", lines=4)], path="\u202e/x" * 90))))
    assert text.isprintable()
    assert "…" in text


def test_a_caption_fits_the_page():
    many = [release(f"p{i}", source=f"{i}" * 80, lines=4) for i in range(9)]
    shown = one(*many, prod=True, settings=ScoreSettings(critical=80))
    shown = shown._replace(
        projects=(shown.projects[0]._replace(lockfile=shown.projects[0].lockfile._replace(path="p/" * 99)),)
    )
    for line in caption(shown):
        assert 840 < drawing.width(line, CAPTION) <= drawing.WIDTH - 2 * drawing.EDGE
    short = one(*(release(n, source=n, lines=4) for n in ("archive", "npm", "code.example/left-pad/left-pad/issues/4")))
    assert "archive, code.example/left-pad/left-pad/issues/4 and npm; " in caption(short)[0], "nothing is cut that fits"
