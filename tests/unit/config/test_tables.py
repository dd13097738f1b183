"""From bytes to a table: encodings, delimiters, quotes, comments; and one clear message for what is no table."""

import zipfile
from io import BytesIO

import pytest
from hypothesis import assume, example, given, settings, strategies as st

from care.imports.base import Context
from care.imports.formats import parse_file
from config.errors import DomainError, TooLarge
from config.tables import Table, UnreadableFile, read_table
from tests.factories.imports import CONTEXT

UMLAUTS = "Vorname;Nachname;Straße\nÄnne;Größer-Üçoğlu;Süßweg\n"
LATIN = "Vorname;Nachname;Straße\nÄnne;Größer;Süßweg é\n"


def header_score(cells: list[str] | tuple[str, ...]) -> int:
    return len({"Vorname", "Nachname", "Straße", "Strasse"} & {cell.removeprefix("##") for cell in cells})


def read(data: bytes) -> Table:
    return read_table(data, header_score)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_unicode_is_read_as_it_was_written(encoding: str) -> None:
    table = read(UMLAUTS.encode(encoding))
    assert table.rows[0].cells == ("Änne", "Größer-Üçoğlu", "Süßweg")


@pytest.mark.parametrize("encoding", ["iso-8859-1", "cp1252"])
def test_german_text_in_single_byte_encodings(encoding: str) -> None:
    assert read(LATIN.encode(encoding)).rows[0].cells == ("Änne", "Größer", "Süßweg é")


def test_windows_typography_is_not_taken_for_control_characters() -> None:
    table = read("Vorname;Nachname\n„Hanna“;d’Été – €\n".encode("cp1252"))
    assert table.encoding == "Windows-1252"
    assert table.rows[0].cells == ("„Hanna“", "d’Été – €")


def test_an_encoding_that_we_do_not_know_is_named_with_its_line() -> None:
    with pytest.raises(UnreadableFile, match="line 2"):
        read("Vorname;Nachname\nJürgen;Müller\n".encode("cp850"))


def test_one_broken_byte_costs_one_row_and_never_changes_a_name() -> None:
    data = "Vorname;Nachname\nÄnne;Größer\n".encode() + b"J\xf6rg;Meyer\n" + "Özlem;Çelik\n".encode()
    table = read(data)
    assert [row.fault is None for row in table.rows] == [True, False, True]
    assert table.rows[2].cells == ("Özlem", "Çelik")


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_delimiters_and_line_ends(delimiter: str, line_end: str) -> None:
    lines = [delimiter.join(("Vorname", "Nachname")), delimiter.join(("Änne", "Groß")), ""]
    table = read(line_end.join(lines).encode())
    assert table.delimiter == delimiter
    assert [row.cells for row in table.rows] == [("Änne", "Groß")]
    assert table.rows[0].number == 2


def test_excels_separator_line_is_passed_over() -> None:
    table = read(b"sep=;\r\nVorname;Nachname\r\nA;B\r\n")
    assert table.rows[0].number == 3


def test_comment_rows_even_with_line_breaks_are_passed_over() -> None:
    data = 'Vorname;Nachname\n##Text;"eine\nzweite Zeile"\n"##Text";mehr\n\n;\nA;B\n'
    table = read(data.encode())
    assert [(row.number, row.cells) for row in table.rows] == [(7, ("A", "B"))]


def test_a_german_header_row_alone_will_do() -> None:
    assert read(b"##Vorname;Nachname\nA;B\n").rows[0].cells == ("A", "B")


def test_a_row_of_group_names_may_stand_above_the_header() -> None:
    table = read(b'"Kontakt","Kontakt"\n"Vorname","Nachname"\nA,B\n')
    assert table.header == ("Vorname", "Nachname")


def test_quoted_cells_keep_delimiters_and_line_breaks() -> None:
    table = read(b'Vorname;Nachname\n"A; B";"C\nD ""E"""\nF;G\n')
    assert [(row.number, row.cells) for row in table.rows] == [(2, ("A; B", 'C D "E"')), (4, ("F", "G"))]


def test_a_quote_that_is_never_closed_costs_one_row() -> None:
    table = read(('Vorname;Nachname\n"A;B\n' + "C;D\n" * 50).encode())
    assert table.rows[0].fault is not None
    assert [row.cells for row in table.rows[1:]] == [("C", "D")] * 50


def workbook() -> bytes:
    content = BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return content.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf  \r\n", "empty"),
        (workbook(), "Excel"),
        (b"%PDF-1.7\n...", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "Excel"),
        (b"\x89PNG\r\n\x1a\n" + bytes(40), "picture"),
        (b"<!DOCTYPE html><html></html>", "web page"),
        (b"Vorname;Nachname\nA\x00;B\n", "text file"),
        (bytes(range(1, 9)) * 100, "text file"),
        (b"\xff\xfeA", "text file"),
        (b"eins;zwei\n1;2\n", "column names"),
    ],
)
def test_what_is_no_table_is_said_in_one_sentence(data: bytes, words: str) -> None:
    with pytest.raises(UnreadableFile) as refused:
        read(data)
    assert words in str(refused.value)
    assert refused.value.errors[0].field == "file"


def test_a_file_beyond_the_limit() -> None:
    with pytest.raises(TooLarge, match="10 MB"):
        read(b"x" * (10 * 1024 * 1024 + 1))


@settings(max_examples=300)
@given(st.binary(max_size=2000))
@example(b"\xff\xfe\x00\xd8")
@example(b'Vorname;Nachname\n"')
def test_garbage_gives_a_table_or_the_readable_error(data: bytes) -> None:
    try:
        table = read(data)
    except DomainError as refused:
        outcome = str(refused)
    else:
        outcome = " ".join(table.header)
    assert outcome


@settings(max_examples=200)
@given(st.binary(max_size=600))
def test_garbage_under_a_real_header_costs_rows_at_most(data: bytes) -> None:
    header = b"externalId;disease;Einreisedatum;Nachname;Vorname;Geburtsdatum;quarantineFrom;quarantineTo\n"
    context: Context = CONTEXT
    try:
        rows = list(parse_file(header + data, context).rows)
    except DomainError as refused:
        understood = bool(str(refused))
    else:
        understood = all(row.usable or row.problems for row in rows)
    assert understood


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(codec="cp1252", exclude_categories=["Cc", "Zs", "Cf"]), min_size=1)] * 2),
        min_size=1,
    )
)
def test_names_survive_every_encoding(names: list[tuple[str, str]]) -> None:
    def quoted(cell: str) -> str:
        return '"' + cell.replace('"', '""') + '"'

    kept = [pair for pair in names if not pair[0].startswith("##")]
    text = "Vorname;Nachname;ä\n" + "".join(f"{quoted(a)};{quoted(b)};ß\n" for a, b in kept)
    # "Â¡" in Windows-1252 and "¡" in UTF-8 are the same bytes: nobody's name has them.
    assume(text.encode("cp1252").decode("utf-8", errors="ignore").isascii())
    for encoding in ("utf-8", "utf-8-sig", "cp1252"):
        assert [row.cells[:2] for row in read(text.encode(encoding)).rows] == kept
