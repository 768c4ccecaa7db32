"""Tables of points in every form that a user may have."""

import sys

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.collapse.config import COLUMNS, CollapseConfig
from pruning_phases.analysis.collapse.read import read, source
from pruning_phases.analysis.collapse.table import read_table
from pruning_phases.errors import UserError

ORDER = ["size", "control", "value", "error"]
TABLE = pd.DataFrame(
    [(size, 0.5 * number, size * number, 0.1) for size in (8, 16) for number in range(12)],
    columns=ORDER,
)


def text(separator=",", header=True, before="", columns=ORDER):
    lines = [separator.join(columns)] if header else []
    lines += [separator.join(f"{x:g}" for x in row) for row in TABLE[columns].to_numpy()]
    return "\n".join([before, *lines] if before else lines) + "\n"


TEXTS = {
    "commas": text(),
    "another order": text(columns=[*reversed(ORDER)]),
    "blanks after commas": text(", "),
    "blanks": text("   "),
    "tabs": text("\t"),
    "semicolons": text(";"),
    "a comment before": text(before="# measured on a square lattice"),
    "a byte order mark": "\ufeff" + text(),
    "quotes": text().replace("size,control", '"size","control"'),
    "a comment as header": text(" ", header=False, before="# " + " ".join(ORDER)),
    "comments behind": text().replace("\n16,", " # the small size ends\n16,", 1),
    "empty lines": text().replace("\n", "\n\n"),
}


def assert_read(path, columns=None, notes=()):
    table = read_table(path, columns)
    assert table.notes == list(notes) and table.has_errors
    for name in COLUMNS:
        np.testing.assert_allclose(getattr(table.points, name), TABLE[name])


@pytest.mark.parametrize("content", TEXTS.values(), ids=TEXTS)
def test_text_in_every_form(tmp_path, content):
    path = tmp_path / "points.dat"
    path.write_text(content)
    assert_read(path)


@pytest.mark.parametrize("separator", [",", "  "])
@pytest.mark.parametrize("header", [False, True])
def test_columns_name_those_of_a_file(tmp_path, separator, header):
    path = tmp_path / "points.csv"
    path.write_text(text(separator, header).replace("size", "L").replace("value", "m"))
    assert_read(path, columns=ORDER)


def test_binary_forms(tmp_path):
    TABLE.to_parquet(tmp_path / "a.parquet")
    np.savez(tmp_path / "a.npz", **{name: TABLE[name] for name in ORDER})
    np.savez(tmp_path / "one.npz", points=TABLE.to_numpy())
    for name, columns in (("a.parquet", None), ("a.npz", None), ("one.npz", ORDER)):
        assert_read(tmp_path / name, columns)


@pytest.mark.parametrize("name", ["a.h5", "a.hdf5"])
def test_hdf5(tmp_path, name):
    h5py = pytest.importorskip("h5py")
    with h5py.File(tmp_path / name, "w") as file:
        for column in ORDER:
            file[column] = TABLE[column].to_numpy()
    assert_read(tmp_path / name)


def test_rows_without_numbers_or_errors_are_counted_and_left_out(tmp_path):
    more = ["32,1,nan,0.1", "32,2,5,inf", "32,3,5,0", "32,4,,0.1"]
    path = tmp_path / "points.csv"
    path.write_text(text() + "\n".join(more))
    assert_read(
        path,
        notes=[
            "note: 3 of 28 points are not finite: left out",
            "note: 1 of 28 points have an error of 0: left out",
        ],
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a CSV file"),
        (b"\xff\xfe\x00binary\x00", "not a CSV file"),
        (b"x,y\nx,2\n", "no column control, size, value; .* it has x,y"),
        (text(header=False).encode(), r"no names: give columns=\[NAME,...\]"),
        (text().replace("8,0,0,0.1", "8,0,many,0.1").encode(), "value of point 1 is many"),
    ],
)
def test_a_file_in_another_form_is_one_line(tmp_path, content, said):
    path = tmp_path / "points.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=said) as error:
        read_table(path)
    assert "\n" not in str(error.value) and str(error.value).startswith(f"table={path}: ")


@pytest.mark.parametrize("name", ["a.parquet", "a.npz", "missing.csv"])
def test_a_broken_or_missing_file_is_one_line(tmp_path, name):
    if not name.startswith("missing"):
        (tmp_path / name).write_bytes(b"PAR1 no such thing")
    with pytest.raises(UserError) as error:
        read_table(tmp_path / name)
    assert "\n" not in str(error.value) and name in str(error.value)


def test_a_point_keeps_its_number_when_others_are_left_out(tmp_path):
    path = tmp_path / "points.csv"
    content = text().replace("8,1,16,0.1", "8,1,nan,0.1").replace("16,1,32,0.1", "16,1,32,-0.1")
    path.write_text(content)
    with pytest.raises(UserError, match="error of point 15 is -0.1"):
        read_table(path)


def test_the_option_columns_decides_the_points_and_is_recorded(tmp_path):
    path = tmp_path / "points.dat"
    path.write_text(text(" ", header=False))
    found = {}
    for columns in (ORDER, ["size", "control", "error", "value"]):
        config = CollapseConfig(table=str(path), columns=columns, num_resampled=100)
        found[columns[2]] = read(config).points.value
        assert source(config, read(config))["columns"] == columns
    np.testing.assert_allclose(found["value"], TABLE["value"])
    np.testing.assert_allclose(found["error"], 0.1)


@pytest.mark.parametrize("name", ["points.csv", "points.npz", "points.parquet"])
def test_more_columns_than_the_file_has_are_one_line(tmp_path, name):
    path = tmp_path / name
    if name.endswith("csv"):
        path.write_text(text())
    elif name.endswith("npz"):
        np.savez(path, points=TABLE.to_numpy())
    else:
        TABLE.to_parquet(path)
    with pytest.raises(UserError, match=r"^columns=\[.*x\]: 5 names, and .* has 4 columns"):
        read_table(path, [*ORDER, "x"])


def scattered(noise=0.01):
    deviation = noise * np.random.default_rng(0).standard_normal(len(TABLE))
    return TABLE.assign(value=np.cos(TABLE["control"] / 9) + deviation)


@pytest.mark.parametrize("form", ["header", "columns", "npz"])
def test_a_table_without_errors_gets_them_from_its_scatter(tmp_path, form):
    names, path = ["size", "control", "value"], tmp_path / "points.dat"
    table = scattered()[names]
    if form == "npz":
        path = path.with_suffix(".npz")
        np.savez(path, **{name: table[name] for name in names})
    else:
        table.to_csv(path, index=False, header=form == "header")
    columns = names if form == "columns" else None
    found = read_table(path, columns)
    np.testing.assert_allclose(found.points.value, table["value"])
    np.testing.assert_allclose(found.points.error, 0.01, rtol=0.6)
    assert not found.has_errors and "errors are estimated from the scatter" in found.notes[0]
    data = read(CollapseConfig(table=str(path), columns=columns, num_resampled=100))
    assert not data.has_errors
    assert source(CollapseConfig(table=str(path)), data)["errors_from"] == "scatter"


def test_a_table_without_errors_and_without_scatter_is_one_line(tmp_path):
    path = tmp_path / "points.csv"
    TABLE.assign(value=1.0)[["size", "control", "value"]].to_csv(path, index=False)
    with pytest.raises(UserError, match="points.csv: the values do not scatter.*add one"):
        read_table(path)


def test_hdf5_without_its_library_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(UserError, match=r"\.h5 files need h5py: install it"):
        read_table(tmp_path / "a.h5")


def of_replicas(generator, replicas=6):
    """One row per replica, whose points are all moved alike: fully correlated errors."""
    rows = [
        (size, control, replica, control + shift)
        for size in (8, 16)
        for replica, shift in enumerate(generator.normal(0, 0.1, replicas))
        for control in range(12)
    ]
    return pd.DataFrame(rows, columns=["size", "control", "replica", "value"])


def test_replicas_give_errors_and_their_points_stay_together(tmp_path):
    table, path = of_replicas(np.random.default_rng(0)), tmp_path / "replicas.csv"
    table.drop(index=3).to_csv(path, index=False)  # a replica that lacks a point
    config = CollapseConfig(table=str(path), window=[1.0, 10.0])
    data = read(config)
    assert data.notes == ["note: 1 replicas lack a point of their size: left out"]
    assert data.has_errors and len(data.points) == 20
    whole = table[(table["size"] == 16)].groupby("replica")["value"].mean()
    error = data.points.error[data.points.size == 16]
    np.testing.assert_allclose(error, whole.sem())
    deviations = data.noise(np.random.default_rng(1), 50)
    assert np.corrcoef(deviations.T)[0, 1:10].min() > 0.999
    assert abs(np.corrcoef(deviations.T)[0, 10]) < 0.6  # the other size


def test_replicas_that_are_too_few_are_refused(tmp_path):
    table, path = of_replicas(np.random.default_rng(0), 1), tmp_path / "replicas.csv"
    table.to_csv(path, index=False)
    with pytest.raises(UserError, match="size 8 has 1 replicas .* two or more"):
        read_table(path)
