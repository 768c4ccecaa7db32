"""Files of results."""

import json

import pandas as pd
import pytest
from matplotlib.figure import Figure
from PIL import Image

from pruning_phases.analysis.common.results import open_folder, save_figure, save_json, save_latex
from pruning_phases.errors import UserError

LATEX = r"""\begin{tabular}{ll}
\toprule
a\_b & c \\
\midrule
5\% & 1 \& 2 \\
\bottomrule
\end{tabular}
"""


def test_latex_tables_are_escaped_and_need_booktabs_alone(tmp_path):
    save_latex(tmp_path / "a.tex", pd.DataFrame({"a_b": ["5%"], "c": ["1 & 2"]}))
    assert (tmp_path / "a.tex").read_text() == LATEX


def test_a_folder_that_cannot_be_made_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="output_dir: .* cannot be written"):
        open_folder(str(tmp_path / "file" / "inside"), tmp_path)


def test_json_with_nan_is_refused_and_leaves_no_file(tmp_path):
    with pytest.raises(ValueError, match="not JSON compliant"):
        save_json(tmp_path / "a.json", {"value": float("nan")})
    assert not list(tmp_path.iterdir())


def test_a_figure_holds_its_command_commit_and_versions(tmp_path):
    path = save_figure(Figure(), tmp_path / "empty")
    with Image.open(path) as image:
        metadata = json.loads(image.info["Comment"])
    assert {"command", "git", "versions", "host", "drawn"} <= set(metadata)
    assert b"/Subject" in path.with_suffix(".pdf").read_bytes()


def test_a_name_that_is_no_formula_is_shown_as_it_is(tmp_path):
    figure = Figure()
    texts = [figure.suptitle("a$^$b"), figure.text(0, 0, r"$\rho_c$")]
    save_figure(figure, tmp_path / "named")
    assert [text.get_parse_math() for text in texts] == [False, True]
