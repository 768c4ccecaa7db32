"""Tables of points: their form, and what finite-size scaling needs of them."""

import numpy as np
import pytest

from pruning_phases.analysis.collapse.points import Points, check_points, read_points
from pruning_phases.errors import UserError

HEADER = "control,size,value,error"


def write(tmp_path, header=HEADER, comment="", space=""):
    """Two sizes at twelve values of the control, y = control * size."""
    rows = [
        f",{space}".join(f"{x:g}" for x in (control, size, control * size, 0.1))
        for size in (8, 16) for control in range(12)
    ]  # fmt: skip
    path = tmp_path / "points.csv"
    path.write_text("\n".join([comment, header, *rows] if comment else [header, *rows]))
    return path


def test_points_are_read_in_the_order_of_the_file(tmp_path):
    points = read_points(write(tmp_path))
    assert len(points) == 24 and points.sizes.tolist() == [8, 16]
    np.testing.assert_allclose(points.value, points.control * points.size)
    assert points.control[:3].tolist() == [0, 1, 2] and (points.error == 0.1).all()


@pytest.mark.parametrize(
    "form",
    [
        {"header": "control, size, value, error", "space": " "},
        {"comment": "# measured on a square lattice"},
        {"header": " control ,size,value,error"},
    ],
    ids=str,
)
def test_spaces_and_comments_are_no_content(tmp_path, form):
    expected = read_points(write(tmp_path))
    found = read_points(write(tmp_path, **form))
    for name in ("control", "size", "value", "error"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_further_columns_and_their_order_do_not_matter(tmp_path):
    import pandas as pd

    path = write(tmp_path)
    table = pd.read_csv(path).assign(note="x")
    table[["error", "note", "size", "value", "control"]].to_csv(path, index=False)
    np.testing.assert_array_equal(read_points(path).value, read_points(write(tmp_path)).value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a CSV file"),
        (b"\xff\xfe\x00binary\x00", "not a CSV file"),
        (b"x,y\n1,2\n", "no column control, size, value, error; .* names x,y"),
        (HEADER.encode() + b"\n1,2,inf,1\n", "value of point 1 is inf"),
        (HEADER.encode() + b"\n1,2,3\n", "error of point 1 is nan"),
    ],
)
def test_a_file_in_another_form_is_one_line(tmp_path, content, said):
    path = tmp_path / "points.csv"
    path.write_bytes(content)
    with pytest.raises(UserError, match=said) as error:
        read_points(path)
    assert "\n" not in str(error.value) and str(error.value).startswith(f"table={path}: ")


def test_neighbouring_sizes_must_share_more_than_one_control():
    control = np.concatenate([np.arange(12.0), np.arange(11.0, 23.0)])
    size = np.repeat([8.0, 16.0], 12)
    touching = Points(control, size, control, np.ones(24))
    with pytest.raises(UserError, match="sizes 8 and 16 share no range"):
        check_points(touching, "here")
    overlapping = Points(control - (size > 8), size, control, np.ones(24))
    assert check_points(overlapping, "here") is overlapping
