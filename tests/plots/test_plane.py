"""The plane: places say exactly what scores say."""

from __future__ import annotations

from math import hypot, inf

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plots.analyses import one, release, typical

from depfrag.config import ScoreSettings
from depfrag.placement import Box
from depfrag.plots.captions import settings_of
from depfrag.plots.plane import Plane, limits, located, marks, radius

BOX = Box(178, 140, 740, 400)
shares = st.floats(0, 1)


@st.composite
def weights(draw):
    reach = draw(st.sampled_from((0.0, 0.001, 0.3, 0.5, 1.0)) | shares)
    solitude = draw(shares) * (1 - reach)
    high, critical = sorted((draw(st.floats(1, 120)), draw(st.floats(1, 120))))
    return ScoreSettings(
        reach=reach, solitude=solitude, smallness=1 - reach - solitude, critical=critical, high=high, medium=0
    )


def plane(settings=None, step=600.0):
    return Plane(settings or ScoreSettings(), BOX, step)


def packages(analysis):
    return [scored for project in analysis.projects for scored in project.packages]


def drawn(analysis):
    settings = settings_of(analysis)
    return marks([s for s in packages(analysis) if located(s, settings)], plane(settings))


@given(weights(), shares, st.floats(0.005, 1), st.sampled_from(("critical", "high")))
def test_a_limit_is_where_the_score_reaches_it(settings, reach, frailty, band):
    where, limit = plane(settings), getattr(settings, band)
    score = 100 * reach**settings.reach * frailty ** (1 - settings.reach)
    x, y = where.x(reach), where.y(frailty)
    if score > limit + 1e-6:
        assert where.limit(limit, y) <= x + 1e-3
    if score < limit - 1e-6:
        assert where.limit(limit, y) >= x - 1e-3


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_limits_at_the_edges(weight):
    where = plane(ScoreSettings(reach=weight, solitude=1 - weight, smallness=0))
    assert where.limit(75, where.y(0)) == (inf if weight < 1 else where.x(0.75))
    assert where.limit(0, where.y(0.5)) == (BOX.left if weight == 0 else where.x(0))
    assert where.limit(75, where.y(1)) == pytest.approx(
        {0.0: BOX.left, 0.5: where.x(0.5625), 1.0: where.x(0.75)}[weight]
    )


def test_the_score_is_the_mean_of_the_axes():
    checked = 0
    where = plane()
    for scored in packages(typical()):
        if scored.score.known == 1:
            (mark,) = marks([scored], where)
            reach = (mark.disc.x - where.x(0)) / where.step
            frailty = (mark.disc.y - where.y(0)) / where.rise
            assert 100 * (reach * frailty) ** 0.5 == pytest.approx(scored.score.point)
            checked += 1
    assert checked > 20


def test_marks_that_share_a_place_stand_apart_and_stay_in_their_band():
    same = [release(f"p{i}", dependents=199, publishers=("x",), lines=110) for i in range(200)]
    found = drawn(one(*same, release("q", dependents=7, publishers=("x",), lines=5)))
    where = plane()
    parts = found[0].scored.score.parts
    middle = where.x(parts["reach"].point), where.y(parts["smallness"].point ** 0.5)
    crowd = [mark for mark in found if mark.scored.release.name != "q"]
    assert len({mark.disc for mark in crowd}) == 200
    assert max(hypot(mark.disc.x - middle[0], mark.disc.y - middle[1]) for mark in crowd) <= 13
    assert {where.band(mark.disc.x, mark.disc.y) for mark in crowd} == {"critical"}


@given(st.integers(1, 60), st.integers(20, 60))
def test_no_mark_is_carried_over_a_line(lines, dependents):
    found = drawn(
        one(*(release(f"p{i}", dependents=dependents, publishers=("x",), lines=lines * 20) for i in range(80)))
    )
    assert {plane().band(mark.disc.x, mark.disc.y) for mark in found} == {found[0].scored.score.band}


def test_what_may_be_anything_has_no_place():
    def is_located(**facts):
        (scored,) = packages(one(release(**facts)))
        return located(scored, ScoreSettings())

    assert is_located(publishers=("x",), lines=5)
    assert is_located(publishers=(), bytes=5)
    assert not is_located(publishers=("x",))
    assert not is_located(lines=5)
    assert not is_located()
    assert is_located(publishers=("x",), bytes_at_least=9000), "something is known of its size"
    assert not is_located(publishers=("x",), bytes_at_least=3000), "it may be as small as can be, or large"


def test_a_mark_knows_how_far_it_may_lie_elsewhere():
    (mark,) = drawn(one(release("w", dependents=(0, 1), publishers=("x",), bytes_at_least=40000), release("v")))
    where = plane()
    assert not mark.sure
    assert mark.span.left == where.x(0)
    assert mark.span.right == where.x(1)
    assert mark.span.bottom == where.y(0.1**0.5)
    assert mark.span.top == where.y(0.5**0.5)


def test_areas_tell_what_breaks():
    assert radius(1) ** 2 - radius(0.5) ** 2 == pytest.approx(radius(0.5) ** 2 - radius(0) ** 2)
    small, large = drawn(
        one(release("a", publishers=(), lines=1, breaks=None), release("b", publishers=(), lines=1, breaks=1))
    )
    assert (small.disc.radius, large.disc.radius) == (radius(0), radius(1))


def test_bands_have_their_limits():
    assert [least for _, least in limits(ScoreSettings())] == [75, 65, 50]
