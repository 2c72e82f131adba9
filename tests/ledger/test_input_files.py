"""Which files are an input's, and what the folders above them say."""

from __future__ import annotations

from pathlib import Path

import pytest

from rfmf_spark.errors import InputRefusedError
from rfmf_spark.ledger.input_files import InputFiles, find_files, holds_csv


def touch(*files: Path) -> None:
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()


def found(path: Path) -> InputFiles:
    files = find_files("trades", path)
    assert files is not None
    return files


def refusal(path: Path) -> str:
    with pytest.raises(InputRefusedError) as refused:
        find_files("trades", path)
    return str(refused.value)


def test_files_at_any_depth_are_found_but_hidden_ones(tmp_path: Path) -> None:
    wanted = [tmp_path / "2019" / "01" / "a.csv", tmp_path / "b.csv"]
    touch(*wanted, tmp_path / "_SUCCESS", tmp_path / "2019" / ".a.crc", tmp_path / "_old" / "c.csv")

    assert list(found(tmp_path).files) == sorted(wanted)
    assert found(wanted[0]).files == (wanted[0],)
    assert found(tmp_path / "2019" / "*" / "*.csv").files == (wanted[0],)
    assert find_files("trades", tmp_path / "nothing") is None
    assert holds_csv(tmp_path / "2019")
    assert not holds_csv(tmp_path / "_old" / "c.csv")


def test_a_hidden_csv_file_makes_no_csv(tmp_path: Path) -> None:
    touch(tmp_path / "a.parquet", tmp_path / "_notes.csv")
    assert not holds_csv(tmp_path)


def test_partition_folders_say_what_rows_have_in_common(tmp_path: Path) -> None:
    touch(tmp_path / "year=2019" / "id=a%20b" / "1.csv")
    touch(tmp_path / "year=__HIVE_DEFAULT_PARTITION__" / "id=001=x" / "2.csv")
    files = found(tmp_path)

    assert files.partitions == ("year", "id")
    assert [files.partition_values(file) for file in files.files] == [
        {"year": "2019", "id": "a b"},
        {"year": None, "id": "001=x"},
    ]


def test_what_lies_outside_of_partition_folders_is_refused(tmp_path: Path) -> None:
    touch(tmp_path / "year=2019" / "1.csv", tmp_path / "more" / "2.csv")
    assert f"2.csv under {tmp_path} is not in the same partition folders" in refusal(tmp_path)
    assert "names the folder more, but a pattern may name files only" in refusal(tmp_path / "m*")


def test_a_folder_that_may_not_be_looked_into_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(place: object) -> None:
        raise PermissionError(13, "Permission denied", str(place))

    monkeypatch.setattr("os.scandir", refuse)
    with pytest.raises(PermissionError):
        find_files("trades", tmp_path)
