"""The part of a NumPy program that reads a CSV file, as the command ``predict`` does."""

TEXT_IN = '''
def text_in(data):
    """Return the text of a file: UTF-8, UTF-16 or UTF-32, packed with gzip or not."""
    data = gzip.decompress(data) if data[:2] == b"\\x1f\\x8b" else data
    if data[:4] in (b"\\xff\\xfe\\0\\0", b"\\0\\0\\xfe\\xff"):
        return data.decode("utf-32")
    if data[:2] in (b"\\xff\\xfe", b"\\xfe\\xff"):
        return data.decode("utf-16")
    even, odd = data[:4096:2].count(0), data[1:4096:2].count(0)
    if max(even, odd) > len(data[:4096]) // 20:  # of UTF-16, half of the bytes are 0
        return data.decode("utf-16-be" if even > odd else "utf-16-le")
    return data.decode("utf-8-sig")


def rows_of(text, sign):
    """Return the rows of a CSV file; blank lines are left out.

    With one column, for which the sign is \\x1f, a blank line is a missing cell, unless it is last.
    """
    one = sign == "\\x1f"
    csv.field_size_limit(max(csv.field_size_limit(), len(text)))
    apart = rf"[{re.escape(sign)}\\r\\n]"
    text = re.sub(rf'(?<!{apart})" +(?={apart}|\\Z)', '"', text)
    file = io.StringIO(text.rstrip() if one else text, newline="")
    rows = csv.reader(file, delimiter=sign, skipinitialspace=True, strict=True)
    blanks = " " if one else None  # a tab in front may stand between cells
    rows = [[cell.strip(blanks) for cell in row] or [""] for row in rows]
    return [row for row in rows if one or row != [""]]
'''

READ_NAMED = '''
def read(data):
    """Return the columns of a CSV file by their names{and_sign}.

    The sign between cells is the one that finds all names in a line, and rows of one length below.
    """
    needed = {needed}
    text, missing, uneven = text_in(data), needed[0], None
    for sign in "\\x1f\\t;|, ":
        try:
            rows = rows_of(text, sign)
        except csv.Error as error:  # with another sign they may be in order
            if all(name in text for name in needed):
                uneven = f"quotes are out of order ({{error}})"
            continue
        for k, row in enumerate(rows[:50]):
            names = [row[0].lstrip("# "), *row[1:]]
            absent = [name for name in needed if name not in names]
            if len(absent) < len(needed):
                missing = absent[0] if absent else missing
            if absent:
                continue
            below, n = rows[k + 1 :], len(names)
            lengths = sorted({{len(row) for row in below}})
            if lengths == [n + 1]:  # there is a cell without a name at the end, or in front
                at_end = not any(row[-1] for row in below)
                below = [row[:-1] if at_end else row[1:] for row in below]
            elif lengths != [n] and not (lengths == [n - 1] and not names[-1]):
                uneven = f"the rows have {{lengths}} cells, and the header has {{n}}"
                break
            twice = [name for name in names if name and names.count(name) > 1]
            if twice:
                raise ValueError(f"two columns are named {{twice[0]!r}}")
            table = {{name: [row[names.index(name)] for row in below] for name in needed}}
{result}
    if not text.strip():
        raise ValueError("it is empty")
    if text.lstrip("\\ufeff \\t\\r\\n")[0] in "[{{<" or data[:2] == b"PK":
        raise ValueError("it is not a CSV file")
    raise ValueError(uneven) if uneven else KeyError(missing)
'''

WITH_SIGN = """\
cells = {cell for row in below for cell in row}
decimal = decimal_in(cells, ".")
return table, decimal if decimal == decimal_in(cells, ",") else None"""

READ_ROWS = '''
def read(data):
    """Return the rows of a CSV file without a header, between whose cells is any usual sign."""
    text, rows = text_in(data), []
    for sign in "\\x1f\\t;|, ":
        try:
            rows = rows_of(text, sign)
        except csv.Error:  # with another sign the quotes may be in order
            continue
        if {{len(row) for row in rows}} == {{{width}}}:
            return (rows,)
    raise ValueError("a row has another number of cells: give rows of {width}")
'''

MAIN = """
if __name__ == "__main__":
    if sys.argv[1:]:
        with open(sys.argv[1], "rb") as file:
            data = file.read()
    else:
        data = sys.stdin.buffer.read()
    try:
        predictions = predict(*read(data))
    except KeyError as name:
        sys.exit(f"the table has no column {{name}}")
    except UnicodeDecodeError:
        sys.exit("the file is neither UTF-8 nor UTF-16: save it again as UTF-8")
    except (ValueError, csv.Error, EOFError, OSError) as error:
        sys.exit(f"the table is not as it was when the network was trained: {{error}}")
    for prediction in predictions:
        print({printed})
"""
