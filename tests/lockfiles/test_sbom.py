"""SBOMs beyond the cases: what a document is, bad ones, what npm writes of its own lockfiles, and why some are read
otherwise than by other parsers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time

import pytest
from lockfiles import npm
from lockfiles.reading import Memory, command, document, parse

from depfrag import purls
from depfrag.errors import LockfileError
from depfrag.lockfiles.sbom import PARSER

ENVIRONMENT = dict(os.environ)
"""As the tests were started: npm needs the machine's own settings."""


def cdx(components=(), dependencies=None, **more):
    table = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": list(components), **more}
    if dependencies is not None:
        table["dependencies"] = [{"ref": ref, "dependsOn": needs} for ref, needs in dependencies.items()]
    return table


def component(ref, **more):
    return {"type": "library", "bom-ref": ref, "name": ref, "purl": f"pkg:npm/{ref}@1", **more}


def spdx(packages=(), relationships=(), **more):
    fields = ("spdxElementId", "relationshipType", "relatedSpdxElement")
    return {
        "spdxVersion": "SPDX-2.3",
        "SPDXID": "SPDXRef-DOCUMENT",
        "packages": list(packages),
        "relationships": [dict(zip(fields, r, strict=True)) for r in relationships],
        **more,
    }


def package(name, **more):
    locator = {"referenceType": "purl", "referenceLocator": f"pkg:npm/{name}@1"}
    return {"SPDXID": name, "name": name, "externalRefs": [locator], **more}


def read(table, path="bom.json"):
    text = table if isinstance(table, str) else json.dumps(table, indent=2)
    return PARSER.parse(path, text.encode(), Memory())


def ids(lockfile):
    return [r.id for r in lockfile.releases]


def edges(lockfile):
    return [d[:3] for d in lockfile.dependencies]


# -- what a document is ----------------------------------------------------------------------------------------------

BAD = {
    "empty": ("", "bom.json: the file is empty"),
    "not JSON": ("bomFormat", "bom.json:1: not JSON"),
    "an array": ("[]", "bom.json:1: not a JSON object"),
    "something else": ('{"compilerOptions": {}}', "bom.json: this JSON file is no lockfile, and no SBOM"),
    "XML": ('<?xml version="1.0"?>\n<bom/>', "bom.json:1: XML is not read; run: cyclonedx convert"),
    "RDF": ('<rdf:RDF xmlns:spdx="x"/>', "bom.json:1: SPDX is read in JSON only; run: pyspdxtools --infile bom.json"),
    "tag and value": ("# x\nSPDXVersion: SPDX-2.3\n", "bom.json:1: SPDX is read in JSON only"),
    "SPDX 3": ({"@context": "x", "@graph": []}, "bom.json: SPDX 3 is not read; write it as SPDX 2.3 or CycloneDX"),
    "SPDX 3 by version": (spdx(spdxVersion="SPDX-3.0"), "bom.json: spdxVersion is 'SPDX-3.0'; known are SPDX-2.2"),
    "an SPDX version that is none": (spdx(spdxVersion=2), "bom.json: spdxVersion is 2; known"),
    "syft": ({"artifacts": [], "schema": {}}, "bom.json: syft's own form is not read; run: syft convert bom.json"),
    "trivy": ({"SchemaVersion": 2, "Results": []}, "bom.json: trivy's own form is not read; run: trivy convert"),
    "an envelope": ({"payloadType": "x", "payload": "eA=="}, "bom.json: a signed envelope is not read"),
    "CycloneDX 2": (cdx(specVersion="2.0"), "bom.json: specVersion is '2.0'; known are 1.2 to 1.7"),
    "CycloneDX without version": ({"bomFormat": "CycloneDX"}, "bom.json: specVersion is None; known"),
    "a serial number that is none": (cdx(serialNumber=1), "bom.json: serialNumber: not a text"),
    "metadata that are none": (cdx(metadata=[]), "bom.json: metadata: not an object"),
    "components that are none": ({**cdx(), "components": {}}, "bom.json: components: not an array"),
    "a component that is none": (cdx([component("a"), 1]), "bom.json: components: a component without a name"),
    "a component without name": (cdx([{"type": "library"}]), "bom.json:5: a component without a name"),
    "a part without name": (cdx([component("a", components=[{}])]), "a component without a name"),
    "a dependency that is none": (cdx(dependencies={}) | {"dependencies": [1]}, "dependencies[0]: not an object with"),
    "a dependency without ref": (cdx() | {"dependencies": [{"dependsOn": []}]}, "bom.json:6: not an object with 'ref'"),
    "dependencies of numbers": (cdx(dependencies={"a": [1]}), "bom.json:6: 'dependsOn' has more than texts"),
    "dependencies as text": (cdx(dependencies={"a": "b"}), "bom.json:6: not an object with 'ref' and an array"),
    "packages that are none": (spdx() | {"packages": {}}, "bom.json: packages: not an array"),
    "a package that is none": (spdx([1]), "bom.json: packages: a package without 'SPDXID' or 'name'"),
    "a package without id": (spdx([{"name": "a"}]), "bom.json:5: a package without 'SPDXID' or 'name'"),
    "a relationship that is none": (spdx() | {"relationships": [1]}, "bom.json: relationships[0]: not a relationship"),
    "half a relationship": (spdx() | {"relationships": [{"spdxElementId": "a"}]}, "bom.json:6: not a relationship"),
    "100,000 levels": ('{"bomFormat":"CycloneDX","components":' + "[" * 100_000, "nested too deeply"),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_bad_documents_are_refused(what):
    table, said = BAD[what]
    with pytest.raises(LockfileError) as found:
        read(table)
    assert said in str(found.value)
    assert str(found.value).startswith("bom.json:")
    assert len(str(found.value)) < 300


@pytest.mark.parametrize("name", ["vendor.json", "sbom", "x.cdx.json", "y.spdx.json", ".spdx.python.json"])
def test_a_file_that_is_named_is_known_by_what_is_in_it(name, tmp_path):
    for table, form in ((cdx([component("a")]), "cyclonedx-json"), (spdx([package("a")]), "spdx-json")):
        (tmp_path / name).write_text(json.dumps(table))
        done = command("graph", tmp_path / name)
        if name == "sbom":
            assert (done.returncode, done.stdout) == (3, "")
        else:
            assert json.loads(done.stdout)["lockfiles"][0]["format"] == form


@pytest.mark.parametrize("key", ["sbom", "predicate"])
def test_documents_in_others(key):
    assert ids(read({"x": 1, key: cdx([component("a")])})) == ["npm:a@1"]
    assert ids(read({key: spdx([package("a")])})) == ["npm:a@1"]


def test_odd_values_are_passed_by():
    hashes = [1, {"alg": "MD5"}, {"alg": 1, "content": "aa"}, {"alg": "SHA-1", "content": "no hex"}]
    references = [1, {"type": "distribution", "url": 1, "hashes": 2}]
    odd = component(
        "a", hashes=hashes, externalReferences=references, properties=[1, {"name": 1}], components=1, group=1
    )
    lockfile = read(cdx([odd], {"a": []}, metadata={"component": 1}, compositions=[1, {"aggregate": 1}], services=[1]))
    assert [(r.id, r.hashes) for r in lockfile.releases] == [("npm:a@1", ())]
    odd = package("a", checksums=[1, {"algorithm": "MD5"}], externalRefs=[1, {"referenceType": "purl"}])
    assert ids(read(spdx([odd, package("b")], files=[1], snippets=[{}], documentDescribes=[1]))) == ["npm:b@1"]


def test_many_of_many_kinds_are_counted_briefly():
    lockfile = read(cdx([component(f"c{i}", purl=f"pkg:t{i}/a@1") for i in range(1000)]))
    (problem,) = lockfile.problems
    assert problem.code == "other-ecosystems"
    assert problem.message.endswith("1 t0, 1 t1, 1 t10, 1 t100, 1 t101 and 995 more")


def test_large_cycles_and_deep_parts_end():
    count = 20_000
    ring = cdx([component(f"a{i}") for i in range(count)], {f"a{i}": [f"a{(i + 1) % count}"] for i in range(count)})
    nested = "".join(f'{{"type":"library","name":"{i}","components":[' for i in range(400)) + "]}" * 400
    before = time.perf_counter()
    assert len(edges(read(ring))) == count
    assert read('{"bomFormat":"CycloneDX","specVersion":"1.5","components":[' + nested + "]}").releases == ()
    assert time.perf_counter() - before < 5


def test_many_ways_through_others_are_refused():
    count = 2_500
    apps = [{"type": "application", "bom-ref": f"app{i}", "name": f"app{i}"} for i in range(count)]
    others = [component(f"x{i}", purl="pkg:deb/x@1") for i in range(count)]
    chain = {f"x{i}": [f"x{i + 1}"] for i in range(count - 1)}
    before = time.perf_counter()
    with pytest.raises(LockfileError, match="more ways through other components than any project has"):
        read(cdx([*apps, *others], {**{f"app{i}": ["x0"] for i in range(count)}, **chain}))
    assert time.perf_counter() - before < 10


def test_roots_of_one_name_are_one():
    apps = [{"type": "application", "bom-ref": ref, "name": "app"} for ref in ("x", "y")]
    lockfile = read(cdx([*apps, component("a"), component("b")], {"x": ["a", "y"], "y": ["b"], "a": [], "b": []}))
    assert [r.id for r in lockfile.roots] == ["root:.", "root:app"]
    assert edges(lockfile) == [("root:app", "npm:a@1", "runtime"), ("root:app", "npm:b@1", "runtime")]
    assert lockfile.direct_known


def test_relations_of_files_are_no_problem():
    files = [{"SPDXID": "f", "fileName": "./f"}]
    lockfile = read(spdx([package("a"), package("b")], [("f", "DEPENDS_ON", "a"), ("b", "CONTAINS", "f")], files=files))
    assert lockfile.problems == ()
    assert edges(lockfile) == [("root:.", "npm:a@1", "runtime")]


# -- npm's own SBOMs -------------------------------------------------------------------------------------------------

LOCKS = ["package-lock-v3/cchistory-202509", "package-lock-v2/axios-202201"]


def npm_writes(form, path, folder):
    """npm's SBOM of a lockfile."""
    if npm.arborist() is None:
        pytest.skip("npm is not installed")
    folder.mkdir()
    for file in (path, path.with_name("package.json")):
        shutil.copyfile(file, folder / file.name)
    words = ["npm", "sbom", "--package-lock-only", "--sbom-format", form]
    run = subprocess.run(words, cwd=folder, env=ENVIRONMENT, capture_output=True, timeout=100, check=False)
    if run.returncode:
        pytest.skip(f"this npm writes no SBOM of a lockfile: {run.stderr[-200:]}")
    file = folder / f"x.{'cdx' if form == 'cyclonedx' else 'spdx'}.json"
    file.write_bytes(run.stdout)
    return file


@pytest.mark.parametrize("name", LOCKS)
@pytest.mark.parametrize("form", ["cyclonedx", "spdx"])
def test_npm_says_the_same_of_its_lockfiles(form, name, shared, tmp_path):
    path = shared / "corpus" / name / "package-lock.json"
    lockfile, sbom = parse(path), parse(npm_writes(form, path, tmp_path / "project"))
    assert sbom.format == f"{form}-json"
    assert ids(sbom) == ids(lockfile)
    assert [(r.kind, r.source, bool(r.hashes)) for r in sbom.releases] == [
        (r.kind, r.source, bool(r.hashes)) for r in lockfile.releases
    ]
    expected, found = {d[:2] for d in lockfile.dependencies}, {d[:2] for d in sbom.dependencies}
    # In CycloneDX npm writes the dependencies of one copy of a release only.
    assert found == expected if form == "spdx" else found <= expected
    assert len(found) >= 0.99 * len(expected)
    dev = {d[1] for d in lockfile.dependencies if d.kind == "dev"}
    assert {d[1] for d in sbom.dependencies if d.kind == "dev"} == dev
    assert not sbom.open
    assert sbom.direct_known


# -- other parsers ---------------------------------------------------------------------------------------------------

OTHERS = ["cyclonedx-json/scalibr-sbom.cdx", "cyclonedx-json/syftsbom-testcyclonedxdirectoryencoder"]


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_of_no_known_ecosystem_is_counted(name, shared):
    """The purl specification: a package URL names the type of a package. These have one of another type or none."""
    (path,) = [f for f in (shared / "fixtures" / name).iterdir() if f.name != "expected.json"]
    components = json.loads(path.read_text("utf-8"))["components"]
    types = [found.type if (found := purls.read(c.get("purl", ""))) else None for c in components]
    assert "npm" not in types
    assert "pypi" not in types
    found = document(path)
    assert found["packages"] == []
    assert [p["code"] for p in found["problems"]] == ["other-ecosystems"]
    counted = [int(n) for n in found["problems"][0]["message"].replace(",", "").split() if n.isdigit()]
    assert sum(counted) == len(components)
