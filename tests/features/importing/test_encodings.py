"""Text files of other encodings are read as UTF-8; everything else stays as it is."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from features.errors import InvalidMapping, InvalidRequest
from features.importing import encodings
from features.importing.encodings import transcoded
from features.importing.mapping import Imported, import_events

TEXT = "order;customer\n1;Żółć – €\n2;Straße\n"
MAPPING = """SELECT 'order_line.created' AS type, "order" AS event_id, 'erp' AS source, "order" AS order_id, customer,
5 AS quantity, '2024-01-02' AS occurred_at
FROM read_csv(getvariable('source') || '/{}', delim = ';', header = true, all_varchar = true)"""


def run(folder: Path, name: str, encoding: str | None) -> Imported:
    mapping = folder.parent / "m.sql"
    mapping.write_text(MAPPING.format(name))
    return import_events(mapping, str(folder), encoding=encoding)


@pytest.fixture
def export(tmp_path: Path) -> Path:
    (tmp_path / "export" / "deep").mkdir(parents=True)
    return tmp_path / "export"


@pytest.mark.parametrize(
    "codec", ["cp1250", "utf-16", "utf-16-le", "utf-32", "utf-8", "utf-8-sig", "utf-7", "iso8859_16"]
)
@pytest.mark.parametrize("block", [1, 7, 1 << 20])
def test_any_codec_of_python(export: Path, codec: str, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many bytes are read at a time."""
    monkeypatch.setattr(encodings, "BYTES", block)
    text = TEXT.replace("–", "-").replace("ß", "s") if codec == "iso8859_16" else TEXT
    (export / "deep" / "lines.CSV").write_bytes(text.encode(codec))
    events = run(export, "deep/lines.CSV", codec).events
    assert list(events["customer"]) == [line.partition(";")[2] for line in text.splitlines()[1:]]


def test_files_that_are_utf_8_or_no_text_stay_as_they_are(export: Path) -> None:
    (export / "utf8.csv").write_text(TEXT, encoding="utf-8")
    (export / "marked.csv").write_text(TEXT, encoding="utf-16")
    (export / "deep" / "photo.bin").write_bytes(b"\xb3\x00\xff")
    (export / "old.csv").write_bytes(TEXT.encode("cp1250"))
    duckdb.sql("SELECT 'Straße' AS customer").write_parquet(str(export / "lines.parquet"))
    (export / "linked").symlink_to(export / "deep")
    files = [file for file in export.rglob("*") if file.is_file() and file.name != "old.csv"]
    with transcoded(str(export), "cp1250") as source:
        assert {file: (source.path / file.relative_to(export)).read_bytes() for file in files} == {
            file: file.read_bytes() for file in files
        }
        assert Path(source.path, "linked", "photo.bin").read_bytes() == b"\xb3\x00\xff"
        assert Path(source.path, "old.csv").read_text(encoding="utf-8") == TEXT
        assert source.unreadable == {}
    assert not Path(source.path).exists()
    assert (export / "old.csv").read_bytes() == TEXT.encode("cp1250")


def test_the_source_may_be_one_file(tmp_path: Path) -> None:
    (tmp_path / "lines.csv").write_bytes(TEXT.encode("cp1250"))
    (tmp_path / "m.sql").write_text(MAPPING.replace(" || '/{}'", ""))
    events = import_events(tmp_path / "m.sql", str(tmp_path / "lines.csv"), encoding="cp1250").events
    assert events["customer"].iloc[0] == "Żółć – €"


@pytest.mark.parametrize("block", [2, 1 << 20])
def test_a_byte_that_the_codec_cannot_read_is_named_with_file_and_place(
    export: Path, block: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In cp1252 the byte 0x81 is nothing."""
    monkeypatch.setattr(encodings, "BYTES", block)
    (export / "bad.csv").write_bytes(b"order;customer\r\n1;M\xfcller\r\n2;a\x81b\r\n")
    (export / "good.csv").write_bytes(b"order;customer\n1;M\xfcller\n")
    with pytest.raises(InvalidMapping, match=r"readable as cp1252, got 0x81 in .*export/bad\.csv, line 3, offset 29$"):
        run(export, "bad.csv", "cp1252")
    assert run(export, "good.csv", "cp1252").events["customer"].iloc[0] == "Müller"


def test_a_file_that_ends_within_a_character_is_named(export: Path) -> None:
    (export / "cut.csv").write_bytes("order;customer\n1;é".encode("utf-16-le")[:-1])
    with pytest.raises(InvalidMapping, match=r"readable as utf-16-le, got 0xe9 in .*cut\.csv, line 2, offset 34$"):
        run(export, "cut.csv", "utf-16-le")


@pytest.mark.parametrize("name", ["old.csv", "marked.csv"])
def test_a_mapping_that_fails_on_an_encoding_names_the_option(export: Path, name: str) -> None:
    (export / "old.csv").write_bytes(TEXT.encode("cp1250"))
    (export / "marked.csv").write_text(TEXT, encoding="utf-16")
    with pytest.raises(InvalidMapping, match="--encoding cp1252"):
        run(export, name, None)


def test_another_failure_does_not_name_the_option(export: Path) -> None:
    with pytest.raises(InvalidMapping, match="No files found") as raised:
        run(export, "none.csv", "cp1252")
    assert "--encoding" not in str(raised.value)
    assert str(export / "none.csv") in str(raised.value), "the place that the user knows"


@pytest.mark.parametrize("encoding", ["klingon", "base64", "", "rot13", "a\0b"])
def test_what_is_no_encoding_is_refused(export: Path, encoding: str) -> None:
    with pytest.raises(InvalidRequest, match="must be one that Python knows"):
        run(export, "a.csv", encoding)


def test_a_source_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="must be a folder or a file, got .*none, which is not there"):
        run(tmp_path / "none", "a.csv", "cp1252")


def test_a_mapping_is_utf_8_with_or_without_a_mark(export: Path) -> None:
    (export / "lines.csv").write_text(TEXT, encoding="utf-8")
    mapping = export / "m.sql"
    mapping.write_text(MAPPING.format("lines.csv"), encoding="utf-8-sig")
    assert len(import_events(mapping, str(export)).events) == 2
    mapping.write_text("-- für alle\n" + MAPPING.format("lines.csv"), encoding="latin-1")
    with pytest.raises(InvalidMapping, match=r"must be written in UTF-8, got .*m\.sql"):
        import_events(mapping, str(export))
