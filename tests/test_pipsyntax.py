"""The syntax of requirements files; pip's own reading of real ones is compared in lockfiles/test_pip.py."""

from __future__ import annotations

import time

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from depfrag import pipsyntax
from depfrag.identity import python_name
from depfrag.pipsyntax import PROJECT, Asked, Line


@pytest.mark.parametrize(
    ("data", "content", "not_as_said"),
    [
        (b"six", "six", None),
        (b"\xef\xbb\xbfsix", "six", None),
        ("\ufeffs\xefx".encode("utf-16-be"), "s\xefx", None),
        ("\ufeffsix".encode("utf-32-le"), "six", None),
        ("# vim: set fileencoding=latin-1 :\n\xef".encode("latin-1"), "# vim: set fileencoding=latin-1 :\n\xef", None),
        ("\n# coding: cp1252\n\x80".encode("latin-1"), "\n# coding: cp1252\n\u20ac", None),
        (b"#\n#\n# coding: latin-1\n", "#\n#\n# coding: latin-1\n", None),
        ("six # coding: latin-1 \xef".encode(), "six # coding: latin-1 \xef", None),
        (b"\xff", "\ufffd", "utf-8"),
        (b"# coding: ascii\n\xc3\xaf", "# coding: ascii\n\xef", "ascii"),
        (b"# coding: nonesuch\nsix", "# coding: nonesuch\nsix", "nonesuch"),
        (b"# coding: punycode\nsix", "# coding: punycode\nsix", "punycode"),
        (b"# coding: undefined\nsix", "# coding: undefined\nsix", "undefined"),
        (b"# coding: zlib\nsix", "# coding: zlib\nsix", "zlib"),
        (b"# coding: unicode_escape\n\\q", "# coding: unicode_escape\n\\q", "unicode_escape"),
    ],
)
def test_text(data, content, not_as_said):
    assert pipsyntax.text(data) == (content, not_as_said)


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ("", [Line(1, "", "")]),
        ("a  # b\n", [Line(1, "a", " b"), Line(2, "", "")]),
        ("a#b #c", [Line(1, "a#b", "c"), Line(2, "", "")]),
        ("#a\n  ##b", [Line(1, "", "a"), Line(2, "", "b"), Line(3, "", "")]),
        ("a\\\n b\\\nc\nd", [Line(1, "a bc", ""), Line(4, "d", ""), Line(5, "", "")]),
        ("a \\\n# c \\\nd", [Line(1, "a", ""), Line(2, "", " c \\"), Line(3, "d", ""), Line(4, "", "")]),
        ("a \\", [Line(1, "a", "")]),
        ("a\r\nb\x0cc", [Line(1, "a", ""), Line(2, "b", ""), Line(3, "c", ""), Line(4, "", "")]),
    ],
)
def test_lines(content, lines):
    assert list(pipsyntax.lines(content)) == lines


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("-r a.txt", [("--requirement", "a.txt")]),
        ("-ra.txt", [("--requirement", "a.txt")]),
        ("--requirement=a.txt", [("--requirement", "a.txt")]),
        ("--constraint a.txt", [("--constraint", "a.txt")]),
        ("-e .", [("--editable", ".")]),
        (
            "-i https://a --extra-index-url=https://b",
            [("--index-url", "https://a"), ("--extra-index-url", "https://b")],
        ),
        ("--pypi-url https://a", [("--index-url", "https://a")]),
        ("-f 'a b' --no-index", [("--find-links", "a b"), ("--no-index", "")]),
        ("--pre --no-binary :all: x", [("--pre", ""), ("--no-binary", ":all:")]),
        ("-r", [("--requirement", "")]),
        ("--hash=sha256:aa", [("--hash", "sha256:aa")]),
        ("--unknown", None),
        ("--pre --unknown", None),
        ("-x", None),
        ("-", None),
        ("-r 'a", None),
        ("-r '" + "a" * 10_000 + "'", None),
    ],
)
def test_options(line, found):
    assert pipsyntax.options(line) == found


def test_options_of_a_requirement():
    assert pipsyntax.split_options("a-b==1 ; x > '-c'") == ("a-b==1 ; x > '-c'", ())
    line = "a==1 --hash=sha256:bb --config-settings x=y --hash sha256:aa --global-option='--no'"
    assert pipsyntax.split_options(line) == ("a==1", ("sha256:aa", "sha256:bb"))


def registry(name, version=None, marker=None, extras=()):
    return Asked(name, version, "registry", None, marker, extras)


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("A_b.C", registry("a-b-c")),
        ("a == 1.0", registry("a", "1.0")),
        ("a===1.0-odd", registry("a", "1.0-odd")),
        ("a[y,X_1]==1.0+local ; python_version<'3'", registry("a", "1.0+local", 'python_version < "3"', ("x-1", "y"))),
        ("a>=1,==1.5", registry("a", "1.5")),
        ("a==1.*", registry("a")),
        ("a~=1.0", registry("a")),
        ("a(==1.0)", registry("a", "1.0")),
        ("a==1.0-x.y ; os_name == 'nt'", registry("a", "1.0-x.y", "os_name == 'nt'")),
        ("a==${V}", None),
        ("a==", None),
        ("a b", None),
        ("=1", None),
        ("a@b", Asked("a", None, "link", "b", None)),
        (".", PROJECT),
        ("./", PROJECT),
        (".[dev]", PROJECT),
        ("file:.", PROJECT),
        ("file://.", PROJECT),
        (". ; os_name == 'nt'", PROJECT),
        ("./a/", Asked("a", None, "link", "a", None)),
        ("../A.b[x]", Asked("a-b", None, "link", "../A.b", None)),
        ("..", Asked("..", None, "link", "..", None)),
        ("/opt/a ; os_name == 'nt'", Asked("a", None, "link", "/opt/a", "os_name == 'nt'")),
        ("a @ file:.", Asked("a", None, "link", ".", None)),
        ("./a-1.0-py3-none-any.whl", Asked("a", "1.0", "file", "./a-1.0-py3-none-any.whl", None)),
        ("x/a-1.0.tar.gz", Asked("a", "1.0", "file", "x/a-1.0.tar.gz", None)),
        ("odd.zip", Asked("odd-zip", None, "file", "odd.zip", None)),
        (
            "https://u:p@h.example/a-1.0.tar.gz#sha256=aa",
            Asked("a", "1.0", "url", "https://h.example/a-1.0.tar.gz", None),
        ),
        ("https://h.example/x/?k=1#egg=A[x]", Asked("a", None, "url", "https://h.example/x/?k=1", None)),
        ("https://h.example/odd.tgz", Asked("odd", None, "url", "https://h.example/odd.tgz", None)),
        ("git+https://h.example/u/a.git", Asked("a", None, "git", "git+https://h.example/u/a.git", None)),
        ("git+https://t@h.example/a@v1#egg=b", Asked("b", None, "git", "git+https://h.example/a#v1", None)),
        ("git://h.example/a", Asked("a", None, "git", "git://h.example/a", None)),
        ("hg+https://h.example/a@tip", Asked("a", None, "url", "hg+https://h.example/a#tip", None)),
        ("git+https://", None),
        ("https://h.example/a b", None),
    ],
)
def test_requirements(line, asked):
    assert pipsyntax.requirement(line) == asked


@given(
    st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,4}[a-z0-9.])?", fullmatch=True),
    st.sampled_from(["", "[x]", "[X.y,b_2]", "[]", "[a,]", "[-a]"])
    | st.from_regex(r"\[[aB,._-]{1,5}\]", fullmatch=True),
    st.from_regex(r"[0-9]{1,2}(\.[0-9]{1,2}){0,2}((a|b|rc|\.post|\.dev|-|c|\.\*)[0-9]?)?", fullmatch=True),
)
def test_the_plainest_are_read_as_the_library_reads_them(name, extras, version):
    line = f"{name}{extras}=={version}"
    assume(pipsyntax._PINNED.match(line))
    plain = pipsyntax.requirement(line)
    assert (plain.name, plain.version) == (python_name(name), version)
    # With spaces in it the library has to look at it.
    assert plain == pipsyntax.requirement(f"{name}{extras} == {version}")


def test_editable_requirements():
    assert pipsyntax.requirement("libs/a", editable=True) == Asked("a", None, "link", "libs/a", None)
    assert pipsyntax.requirement("libs/a") is None


@given(st.text() | st.text("a=<>~!;,@()[]{}#.-_ '\"\\/:+&%1v*"), st.booleans())
def test_any_line_is_a_requirement_or_none(line, editable):
    asked = pipsyntax.requirement(line, editable=editable)
    assert asked is None or asked.name or asked == PROJECT


@given(st.binary())
def test_any_bytes_are_lines(data):
    content, _ = pipsyntax.text(data)
    for line in pipsyntax.lines(content):
        assert line.text == line.text.strip()
        if line.text.startswith("-"):
            pipsyntax.options(line.text)


LONG = 100_000


@pytest.mark.parametrize(
    "line",
    [
        "a" + " " * LONG + "b",
        "a [" + " " * LONG,
        "a" + "=" * LONG,
        "./" + "[" * LONG + "]x",
        "a; " + "(" * LONG,
        "a; " + "(" * LONG + "os_name=='nt'" + ")" * LONG,
        "a==" + "9" * LONG,
        "a==" + "9." * LONG,
        "a-" * LONG,
        "https://h.example/" + "a-" * LONG + "1.whl",
        "https://h.example/a-" + "1" * LONG + "-py3-none-any.whl",
        "git+https://" + "a@" * LONG,
        "git+https://h.example/x#" + "egg&" * LONG,
        "a" + "+" * LONG,
        "a" + " " * LONG + "#",
        "-r '" + "a" * LONG,
        "a " + "--hash=sha256:aa " * LONG,
    ],
)
def test_lines_take_no_time(line):
    started = time.process_time()
    for logical in pipsyntax.lines(line):
        pipsyntax.options(logical.text)
        text, _ = pipsyntax.split_options(logical.text)
        pipsyntax.requirement(text)
    assert time.process_time() - started < 3
