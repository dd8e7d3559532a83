"""A line reads back as the cells it was made of."""

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.file.lines import LineFormat

CELLS = st.lists(
    st.text(st.sampled_from(["a", "é", ",", ";", '"', "\n", "\r", " ", "\0", "\u2028"]), max_size=4), min_size=1
)


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        (["a", "b"], "a,b"),
        (["a", ""], "a,"),
        (["", ""], ","),
        ([""], '""'),
        ([], ""),
        (["a,b", "c;d"], '"a,b",c;d'),
        (['say "a"', "b"], '"say ""a""",b'),
        (["a\nb", "c\rd"], '"a\nb","c\rd"'),
    ],
)
def test_only_what_must_be_is_quoted(cells, line):
    assert LineFormat(",").line(cells) == line


@given(CELLS, st.sampled_from([",", ";", "\t"]))
def test_cells_read_back_from_their_line(cells, delimiter):
    lines = LineFormat(delimiter)
    assert lines.cells(lines.line(cells)) == cells


@given(st.lists(CELLS), st.sampled_from(["\n", "\r\n", "\r"]))
def test_lines_read_back_from_a_file(rows, line_end):
    content = "".join(LineFormat(",").line(row) + line_end for row in rows)
    assert list(csv.reader(StringIO(content, newline=""), strict=True)) == rows
