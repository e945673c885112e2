"""Archives in memory: honest ones give their files, hostile ones an error, and none touches the disk."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import io
import struct
import tarfile
import zipfile
import zlib
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from registries import tgz

from depfrag import unpacking
from depfrag.unpacking import files, verify


def contents(archive):
    return {file.path: file.read() for file in files(archive)}


def zipped(entries, **more):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, **more) as packed:
        for name, data in entries.items():
            packed.writestr(name, data)
    return buffer.getvalue()


def tarred(*entries):
    """A gzipped tar of entries with content, each a TarInfo and bytes."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for entry, data in entries:
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    return buffer.getvalue()


def entry(name, kind=tarfile.REGTYPE, target=""):
    found = tarfile.TarInfo(name)
    found.type, found.linkname = kind, target
    return found


def test_a_tgz_without_its_top_folder():
    assert contents(tgz({"index.js": "a();", "lib/b.js": "b();"})) == {"index.js": b"a();", "lib/b.js": b"b();"}
    assert contents(tgz({"index.js": "a();"}, top="test")) == {"index.js": b"a();"}


def test_a_wheel():
    assert contents(zipped({"six.py": "a", "six.dist-info/RECORD": "b", "six/": ""})) == {
        "six.py": b"a", "six.dist-info/RECORD": b"b",
    }  # fmt: skip


def test_links_devices_and_paths_that_lead_out_are_no_files():
    archive = tarred(
        (entry("package/a.js"), b"a"),
        (entry("package/link", tarfile.SYMTYPE, "/etc/passwd"), b""),
        (entry("package/hard", tarfile.LNKTYPE, "package/a.js"), b""),
        (entry("package/fifo", tarfile.FIFOTYPE), b""),
        (entry("package/device", tarfile.CHRTYPE), b""),
        (entry("package/folder", tarfile.DIRTYPE), b""),
        (entry("package/../../x.js"), b"x"),
        (entry("/etc/x.js"), b"x"),
        (entry("package\\x.js"), b"x"),
        (entry("package/" + "d/" * 3000 + "x.js"), b"x"),
        (entry("alone.js"), b"x"),
    )
    assert contents(archive) == {"a.js": b"a"}


def test_sizes_that_are_made_up():
    header = tarfile.TarInfo("package/a.js")
    header.type, header.size = tarfile.GNUTYPE_SPARSE, 0
    block = bytearray(header.tobuf(tarfile.GNU_FORMAT))
    block[483:495] = b"77777777777\0"  # the size it pretends to have
    block[148:156] = b" " * 8
    block[148:156] = f"{sum(block):06o}\0 ".encode()
    assert contents(gzip.compress(bytes(block) + b"\0" * 1024)) == {}
    extended = tarfile.TarInfo("package/PaxHeader")
    size = b"11 size=-5\n"
    extended.type, extended.size = tarfile.XHDTYPE, len(size)
    blocks = extended.tobuf(tarfile.USTAR_FORMAT) + size.ljust(512, b"\0")
    blocks += tarfile.TarInfo("package/a.js").tobuf(tarfile.USTAR_FORMAT)
    with pytest.raises(ValueError, match="broken"):
        contents(gzip.compress(blocks + b"\0" * 1024))


def test_links_in_a_zip_are_no_files():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        link = zipfile.ZipInfo("a.py")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
        packed.writestr("../b.py", "b")
        packed.writestr("c.py", "c")
    assert contents(buffer.getvalue()) == {"c.py": b"c"}


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (b"", "neither"),
        (b"<html>", "neither"),
        (b"\x1f\x8b", "broken"),
        (b"PK\x03\x04", "broken"),
        (tgz({"a.js": "a" * 9999})[:60], "broken"),
        (gzip.compress(b"no tar" * 200), "broken"),
        (zipped({"a.py": "a"})[:-30], "broken"),
        (zipped({"a.py": "a" * 99}).replace(b"a.py", b"b.py", 1), "broken"),
    ],
    ids=["empty", "page", "gzip-magic", "zip-magic", "tar-cut", "no-tar", "zip-cut", "zip-names-differ"],
)
def test_broken_archives(archive, said):
    with pytest.raises(ValueError, match=said):
        contents(archive)


def test_an_encrypted_zip_is_broken():
    archive = bytearray(zipped({"a.py": "a"}))
    for flags in (6, archive.index(b"PK\x01\x02") + 8):
        archive[flags] |= 1
    with pytest.raises(ValueError, match="broken"):
        contents(bytes(archive))


def test_archives_that_unpack_to_far_more_are_refused():
    much = b"\0" * (40 * 1024 * 1024)
    with pytest.raises(ValueError, match="far more"):
        contents(tgz({"a.js": much}))
    with pytest.raises(ValueError, match="far more"):
        contents(zipped({"a.py": much}))


def test_a_zip_whose_entries_lie_about_their_size_is_broken():
    archive = zipped({"a.py": b"\0" * (30 * 1024 * 1024)})
    size = struct.pack("<L", 30 * 1024 * 1024)
    with pytest.raises(ValueError, match="broken"):
        contents(archive.replace(size, struct.pack("<L", 5)))


def test_too_many_entries_are_refused(monkeypatch):
    monkeypatch.setattr(unpacking, "MAX_FILES", 3)
    names = {f"{i}.js": "a" for i in range(4)}
    for archive in (tgz(names), zipped(names)):
        with pytest.raises(ValueError, match="more than 3 entries"):
            contents(archive)


def test_a_zip_with_a_huge_directory_is_refused(monkeypatch):
    archive = bytearray(zipped({"a.py": "a"}))
    struct.pack_into("<L", archive, archive.rindex(b"PK\x05\x06") + 12, 2**31)
    with pytest.raises(ValueError, match="directory"):
        contents(bytes(archive))
    archive = zipped({"a.py": "a"})
    end = archive.rindex(b"PK\x05\x06")
    with pytest.raises(ValueError, match="directory"):
        contents(archive[:end] + b"PK\x06\x07" + b"\0" * 16 + archive[end:])


@given(st.data())
def test_damaged_archives_never_crash(data):
    whole = data.draw(st.sampled_from([tgz({"a.js": "a();" * 50, "b/c.py": "c"}), zipped({"a.py": "a" * 200})]))
    at = data.draw(st.integers(0, len(whole) - 1))
    cut = whole[:at] + data.draw(st.binary(max_size=6)) + whole[at + data.draw(st.integers(0, 6)) :]
    with contextlib.suppress(ValueError):
        contents(cut)


@given(st.lists(st.tuples(st.sampled_from([b"x", b"g", b"L", b"K", b"0", b"5"]), st.binary(max_size=40)), max_size=8))
def test_strange_headers_never_crash(entries):
    blocks = b""
    for kind, data in entries:
        header = tarfile.TarInfo("package/a.js")
        header.type, header.size = kind, len(data)
        blocks += header.tobuf(tarfile.USTAR_FORMAT) + data.ljust(512 if data else 0, b"\0")
    with contextlib.suppress(ValueError):
        contents(gzip.compress(blocks + b"\0" * 1024))


def test_a_chain_of_long_names_is_broken():
    header = tarfile.TarInfo("a")
    header.type, header.size = tarfile.GNUTYPE_LONGNAME, 1
    chain = (header.tobuf(tarfile.GNU_FORMAT) + b"a".ljust(512, b"\0")) * 3000
    with pytest.raises(ValueError, match="broken"):
        contents(zlib_gzip(chain))


def zlib_gzip(data):
    packer = zlib.compressobj(0, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


BODY = b"an archive"
SHA512 = "sha512-" + b64encode(hashlib.sha512(BODY).digest()).decode()
SHA1 = hashlib.sha1(BODY).hexdigest()


@pytest.mark.parametrize(
    "integrity",
    [
        SHA512, SHA1, SHA1.upper(), hashlib.sha256(BODY).hexdigest(), f"sha1-AAAA {SHA512}", SHA512 + "?opt=1",
        f"sha512-AAAA {SHA512}", "sha1-" + b64encode(hashlib.sha1(BODY).digest()).decode(),
    ],
)  # fmt: skip
def test_the_right_hash(integrity):
    verify(BODY, integrity)


@pytest.mark.parametrize(
    ("integrity", "said"),
    [
        ("sha512-AAAA", "its sha512 is not"), (SHA1[:-1] + "x", "its sha1 is not"), ("md5-AAAA", "no hash of a known"),
        (f"sha512-AAAA {SHA1}", "its sha512 is not"), ("", "no hash"), ("junk", "no hash"),
    ],
)  # fmt: skip
def test_the_wrong_hash(integrity, said):
    with pytest.raises(ValueError, match=said):
        verify(BODY, integrity)
