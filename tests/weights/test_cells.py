"""Score cells from files: what is read, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from rfmf_spark.errors import InputRefusedError
from rfmf_spark.weights.cells import read_cells

ROWS = "r_score,f_score,m_score,users,rfmf_score,segment_id\n1,2,3,10,2.7,4\n5,5,5,7,5,2\n"


def test_a_csv_file_is_read_with_its_segments(tmp_path: Path) -> None:
    file = tmp_path / "cells.csv"
    file.write_text(ROWS)

    cells = read_cells(str(file))

    assert cells.scores.tolist() == [[1, 2, 3], [5, 5, 5]]
    assert cells.users.tolist() == [10, 7]
    assert cells.segment_ids is not None
    assert cells.segment_ids.tolist() == [2, 1]


def test_so_is_a_folder_of_parquet_files_as_runs_write_them(tmp_path: Path) -> None:
    folder = tmp_path / "as_of=2019-08-14" / "run_id=a"
    folder.mkdir(parents=True)
    rows = {"r_score": [1, 2], "f_score": [1, 1], "m_score": [1, 1], "users": [3, 4]}
    pd.DataFrame(rows).to_parquet(folder / "part-0.parquet")

    cells = read_cells(str(folder))

    assert cells.users.tolist() == [3, 4]
    assert cells.segment_ids is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (ROWS.replace("users", "people"), "has no column users; give score cells with the columns"),
        ("r_score,f_score,m_score,users\n", "has no row; give score cells"),
        (ROWS.replace(",10,", ",0,"), "not a positive number; give the table score_cells"),
        (ROWS.replace(",10,", ",many,"), "not a positive number"),
        (ROWS + "1,2,3,4,5,6\n", "occurs twice, as in the rows of several runs; give those of one"),
    ],
)
def test_other_tables_are_refused_with_the_remedy(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "cells.csv"
    file.write_text(text)

    with pytest.raises(InputRefusedError, match=rf"^--cells .*cells\.csv: .*{problem}"):
        read_cells(str(file))


@pytest.mark.parametrize("name", ["none.csv", "none.parquet", "."])
def test_what_is_not_there_is_told(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputRefusedError, match=r"cannot be read \(.*; give a CSV or Parquet"):
        read_cells(name)
