"""From the bytes of a file to its text: encodings, packed files, and what is not a text."""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib

from neurona.tables.file import MOST_BYTES, TableError


def unpacked(data: bytes, most: int = MOST_BYTES) -> bytes:
    """Return the bytes of a file, those within it if it is packed with gzip.

    Raises
    ------
    TableError
        If it is damaged, or holds more bytes than ``most``.
    """
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            data = file.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise TableError("format", f"is a damaged gzip file ({error})") from None
    if len(data) > most:
        raise TableError("too_large", f"holds more than {most:,} bytes: split it", most=most)
    return data


def encoding_of(data: bytes) -> str:
    """Return the encoding that a text's byte order mark names, or its NULs; else UTF-8.

    >>> encoding_of("año".encode("utf-16")), encoding_of("año".encode())
    ('utf-16', 'utf-8')
    >>> encoding_of("kilos,coat".encode("utf-16-be"))
    'utf-16-be'
    """
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if data.startswith(codecs.BOM_UTF16_LE):
        return "utf-16"
    if data.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"  # the mark stays in the text: it will be written again
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    # Half of the bytes of a Latin text are NUL in UTF-16, and always the same half.
    low, high = data[:4096:2].count(0), data[1:4096:2].count(0)
    if max(low, high) > len(data[:4096]) // 20 and max(low, high) > 8 * min(low, high):
        return "utf-16-be" if low > high else "utf-16-le"
    return "utf-8"


def decoded(data: bytes, encoding: str | None = None) -> str:
    """Return the text of the bytes of a file, or say where they are not in its encoding."""
    _check_is_text(data)
    name = encoding or encoding_of(data)
    try:
        return data.decode(name)
    except UnicodeDecodeError as error:
        before = error.object[: error.start]
        line, byte = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise TableError(
            "encoding",
            f"line {line}, byte {byte}: 0x{error.object[error.start]:02x} is not "
            f"{name.removesuffix('-sig').upper()}; save the file again as UTF-8 (a spreadsheet "
            'calls it "CSV UTF-8"), or name its encoding (--encoding cp1252)',
            line=line,
        ) from None


def _check_is_text(data: bytes) -> None:
    """Raise a TableError for the bytes of a workbook, an archive and the like."""
    kind = next((kind for sign, kind in _BINARIES.items() if data.startswith(sign)), None)
    if kind is not None and not re.search(rb"[\x00-\x08\x0e-\x1f]|%PDF", data[:64]):
        return  # a column may be called ORC
    if kind == "a zip archive" and b"xl/" in data:
        kind = "an Excel workbook"
    elif kind == "a zip archive" and b"opendocument.spreadsheet" in data[:200]:
        kind = "an OpenDocument spreadsheet"
    if kind is not None:
        a_spreadsheet = kind.endswith(("workbook", "spreadsheet"))
        mend = "unpack it" if "archive" in kind else "export it as CSV"
        mend += ' (a spreadsheet calls it "CSV UTF-8")' if a_spreadsheet else ""
        raise TableError("format", f"is {kind}, and not a CSV file: {mend}")


_BINARIES = {
    b"PK\x03\x04": "a zip archive",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an Excel workbook",  # until 2003
    b"PAR1\x15": "a Parquet file",
    b"ARROW1": "an Arrow file",
    b"FEA1": "a Feather file",
    b"Obj\x01": "an Avro file",
    b"ORC": "an ORC file",
    b"\x89HDF\r\n": "an HDF5 file",
    b"\x93NUMPY": "a NumPy file",
    b"SQLite format 3\x00": "an SQLite database",
    b"RDX": "an R data file",
    b"$FL2": "an SPSS file",
    b"%PDF": "a PDF file",
    b"\x80\x04\x95": "a pickle",
    b"\x80\x05\x95": "a pickle",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstandard archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
}
"""How files begin that are not texts, and what they are."""
