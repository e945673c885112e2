"""The recorded slice of npm: what the sources say of a real project equals what the recordings plainly say.

The other side of each comparison reads the recordings by itself and shares no code with depfrag.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import tarfile
import time

import lizard
import pytest
from answers import MAIL, Bases, context, split, wanted
from registries import NpmRegistry

from depfrag.protocols import Known
from depfrag.sources import archive, npm, packument

BASE = "https://registry.npm.example/"
SOURCE_FILES = r".*\.([cm]?[jt]s|[jt]sx|py|c|h|cc|cpp|cxx|hh|hpp|java|cs|go|rs)"
TEST_FILES = r"(tests?|specs?)([._-].*)?|.*[._-](tests?|specs?)|conftest"
TEST_FOLDERS = {"test", "tests", "__tests__", "spec", "specs", "__mocks__", "testdata"}
DAYS = ("2013-06-01", "2016-03-21", "2018-01-01", "2019-12-31", "2021-06-30")


def plainly_locked(project):
    """Name and version of every release that the project's lockfile has."""
    entries = json.loads((project / "package-lock.json").read_text())["packages"]
    return sorted({(path.rpartition("node_modules/")[2], entry["version"]) for path, entry in entries.items() if path})


def plain_lines(tgz):
    """Lines by SCORE's definition, each file counted by all of lizard; None where nothing is source or lizard fails."""
    total = size = 0
    with tarfile.open(fileobj=io.BytesIO(tgz)) as tar:
        for entry in tar.getmembers():
            *folders, name = entry.name.lower().split("/")[1:] or [""]
            test = TEST_FOLDERS & set(folders) or re.fullmatch(TEST_FILES, name.rpartition(".")[0])
            if test or not entry.isfile() or not re.fullmatch(SOURCE_FILES, name) or re.search(r"\.d\.[cm]?ts$", name):
                continue
            code = tar.extractfile(entry).read()
            size += len(code)
            try:
                text = code.decode("utf-8", "replace").replace("\r\n", "\n")
                total += lizard.analyze_file.analyze_source_code(name, text).nloc
            except IndexError:
                return None
    return max(total, -(-size // 100)) if size else None


@pytest.fixture(scope="module")
def documents(npm_slice):
    return {name: json.loads(body) for name, body in npm_slice.packuments.items()}


@pytest.fixture(scope="module")
def locked(npm_slice):
    return plainly_locked(npm_slice.project)


def asked(npm_slice, as_of=None):
    answers = {BASE + name.replace("/", "%2F"): body for name, body in npm_slice.packuments.items()}
    return context(answers, as_of)


@pytest.fixture(scope="module")
def answered(npm_slice, locked):
    """What the npm source answers about the project."""
    return list(npm.SOURCE.lookup(wanted("npm", *(f"{n}@{v}" for n, v in locked)), asked(npm_slice)))


def test_it_is_the_slice_we_know(npm_slice, locked):
    assert len(npm_slice.packuments) == 1231
    assert len(npm_slice.archives) == 760
    assert (len(locked), len({name for name, _ in locked})) == (424, 385)


def test_publishers_are_known_for_all(answered, documents, locked):
    found, problems, (host,) = split(answered)
    assert not problems
    assert (host.dates, host.publishers, host.asked, host.answered) == ("publish", "registry", 385, 385)
    plain = {f"npm:{n}@{v}": tuple(sorted({m["name"] for m in documents[n]["maintainers"]})) for n, v in locked}
    assert {release: facts["publishers"] for release, facts in found.items()} == plain


def test_sizes_dates_and_scripts(answered, documents, locked):
    found, *_ = split(answered)
    for name, version in locked:
        facts, told = found[f"npm:{name}@{version}"], documents[name]["versions"][version]
        assert facts.get("bytes") == told["dist"].get("unpackedSize")
        assert facts["published"] == documents[name]["time"][version][:10]
        assert facts["deprecated"] == (told.get("deprecated") or False)
        scripts = told.get("scripts", {})
        assert facts["install_script"] == any(s in scripts for s in ("preinstall", "install", "postinstall"))
        assert facts["manifest"].get("dependencies", {}) == told.get("dependencies", {})


def test_sizes_are_known_for_393(answered, npm_slice, locked):
    """326 packuments tell the size; the archives of 67 more releases were recorded."""
    archives = {a.wanted: a.archive for a in answered if isinstance(a, Known) and "bytes" not in a.facts}
    assert len(locked) - len(archives) == 326
    bodies = {
        found.url: npm_slice.archives.get(f"{w.release.name}@{w.release.version}", 404) for w, found in archives.items()
    }
    counted, problems, _ = split(archive.SOURCE.lookup(list(archives), context(bodies, archives=archives)))
    assert len(counted) == 67
    assert {p.code for p in problems} == {"not-counted"}
    assert len(problems) == 31
    for release, facts in counted.items():
        assert facts["lines"] == plain_lines(npm_slice.archives[release.removeprefix("npm:")])


def test_lines_of_every_recorded_archive(npm_slice):
    """A sample, archives with packages inside left out: those are other releases' files."""
    from depfrag.counting import count
    from depfrag.unpacking import files

    compared = 0
    for body in list(npm_slice.archives.values())[::31]:
        with tarfile.open(fileobj=io.BytesIO(body)) as tar:
            bundled = any("/node_modules/" in name for name in tar.getnames())
        plain = plain_lines(body)
        if plain is not None and not bundled:
            compared += 1
            assert count(files(body)).lines == plain
    assert compared > 18


@pytest.mark.parametrize("day", DAYS)
def test_the_past(npm_slice, documents, locked, day):
    """The list of the version that was published last until then, read plainly."""
    found, problems, _ = split(
        npm.SOURCE.lookup(wanted("npm", *(f"{n}@{v}" for n, v in locked)), asked(npm_slice, day))
    )
    new = {p.package for p in problems if p.code == "too-new"}
    for name, version in locked:
        document, release = documents[name], f"npm:{name}@{version}"
        times = {v: document["time"][v] for v in document["versions"]}
        assert (release in new) == (times[version][:10] > day)
        if release in new:
            assert found[release] == {}
            continue
        latest = max((v for v in times if times[v][:10] <= day), key=lambda v: (times[v], v))
        people = document["versions"][latest].get("maintainers")
        plain = None if people is None else tuple(sorted({person["name"] for person in people}))
        assert found[release].get("publishers") == plain


def test_all_packuments_of_one_host_are_believed(npm_slice):
    """One of them has neither dates nor maintainers, and in 180 some dates contradict the order of versions."""
    packages = [packument.read(packument.keep(body)) for body in npm_slice.packuments.values()]
    host = npm.fingerprint(BASE, packages)
    assert (host.dates, host.publishers, host.answered) == ("publish", "registry", 1231)
    assert host.because.startswith("1,230 of 1,231 answers list who can publish; ")
    without_anchors = [package for package in packages if npm._shown(package, npm.mirrors.Anchors("npm")).right == 0]
    assert len(without_anchors) > 1100
    assert npm.fingerprint(BASE, without_anchors).dates == "publish"


def test_each_packument_alone_is_believed(npm_slice):
    """Nearly: five packages made within two days, one without maintainers or dates, one that lists nobody."""
    hosts = [npm.fingerprint(BASE, [packument.read(packument.keep(body))]) for body in npm_slice.packuments.values()]
    assert sum(host.publishers == "registry" for host in hosts) >= 1229
    assert sum(host.dates == "publish" for host in hosts) >= 1224


@pytest.mark.parametrize("names", [("left-pad",), ("is-promise",), ("left-pad", "is-promise", "flatmap-stream")])
def test_the_degraded_mirror_is_not_believed(recordings, names):
    answers = {f"https://m.example/npm/{n}": (recordings / f"npm/mirror-degraded/{n}.json").read_bytes() for n in names}
    releases = {
        "left-pad": "left-pad@1.3.0",
        "is-promise": "is-promise@2.1.0",
        "flatmap-stream": "flatmap-stream@0.1.1",
    }
    answers = context(answers, routes=Bases(npm="https://m.example/npm/"))
    answered = list(npm.SOURCE.lookup(wanted("npm", *(releases[n] for n in names)), answers))
    _, problems, (host,) = split(answered)
    assert host.dates == "ingest"
    assert host.publishers == ("absent" if names == ("is-promise",) else "declared")
    mirror = problems[0]
    assert mirror.code == "mirror"
    assert mirror.message.startswith("m.example/npm does not pass on who can publish and when releases were published")
    if "is-promise" in names:
        assert "is-promise@2.1.0 is dated 2024-12-02 and was published on 2015-09-06" in mirror.message
    known = {a.wanted.release.name: a.facts for a in answered if isinstance(a, Known)}
    assert not any("published" in facts for facts in known.values())
    assert all(f.grade == "declared" for facts in known.values() for n, f in facts.items() if n == "publishers")
    assert [p.code for p in problems[1:]] == (["not-in-registry"] if "flatmap-stream" in names else [])


def test_nothing_personal_is_kept_of_any_packument(npm_slice):
    assert any(MAIL.search(body) for body in npm_slice.packuments.values())
    assert not [name for name, body in npm_slice.packuments.items() if MAIL.search(packument.keep(body))]


def test_packuments_are_read_fast_and_kept_small(npm_slice):
    """Far under a millisecond each, of which decoding is most; a fifth of the bytes are kept."""
    bodies = list(npm_slice.packuments.values())
    start = time.process_time()
    kept = [packument.keep(body) for body in bodies]
    assert time.process_time() - start < 5
    assert sum(map(len, kept)) < sum(map(len, bodies)) / 4
    start = time.process_time()
    packages = [packument.read(document) for document in kept]
    host = npm.fingerprint(BASE, packages)
    for package in packages:
        npm.to_facts(package, next(reversed(package.versions)), host, "2026-09-01")
    assert time.process_time() - start < 0.6


def test_a_scan_over_the_network(npm_slice, depfrag, tmp_path, documents, locked):
    """From the lockfile to the report, through a real server: with `--inspect 100` sizes are known for 393 of 424."""
    shutil.copytree(npm_slice.project, tmp_path / "project")
    with NpmRegistry(npm_slice.packuments, npm_slice.archives) as web:
        (tmp_path / "project" / ".npmrc").write_text(f"registry={web.url}\n")
        words = ("scan", "project", "--inspect", "100", "--format", "json", "--exit-zero")
        cold = depfrag(*words, DEPFRAG_CACHE_DIR=str(tmp_path / "cache"))
        assert cold.returncode == 0, cold.stderr.decode()
        asked_cold = len(web.seen)
        warm = depfrag(*words, DEPFRAG_CACHE_DIR=str(tmp_path / "cache"))
        assert warm.stdout == cold.stdout
        assert len(web.seen) == asked_cold == 385 + 98 + 1  # the list of replacements
    report = json.loads(cold.stdout)
    facts = {package["id"]: package["facts"] for package in report["packages"]}
    assert len(facts) == 424
    assert all(told["publishers"] for told in facts.values())
    assert sum(bool(told["lines"] or told["bytes"]) for told in facts.values()) == 393
    assert sum(bool(told["lines"]) for told in facts.values()) == 67
    for name, version in locked:
        people = sorted({person["name"] for person in documents[name]["maintainers"]})
        assert facts[f"npm:{name}@{version}"]["publishers"]["value"] == people
    (host,) = report["hosts"]
    assert (host["dates"], host["publishers"]) == ("publish", "registry")
    assert not MAIL.search(cold.stdout)
