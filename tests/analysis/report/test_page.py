"""The page of the command ``report`` on written records: contents, escaping, size, no network."""

import base64
import gzip
import json
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image
from rich.console import Console

from pruning_phases.analysis.common.losses import Losses
from pruning_phases.analysis.report.config import ReportConfig
from pruning_phases.analysis.report.page import make_page
from pruning_phases.analysis.report.read import read_studies
from pruning_phases.analysis.universality.fit import compare, located
from pruning_phases.analysis.universality.read import read_system
from pruning_phases.analysis.universality.summary import to_json
from pruning_phases.records.sweep import SweepRecord
from pruning_phases.statistics.quote import with_error
from tests.analysis.report import written
from tests.support.commands import command, environment
from tests.support.html_page import Page
from tests.support.written_records import write_grid_run, write_run

ATTACK = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


def report(cwd, *words, runs="."):
    result = command("report", f"runs={runs}", "num_resampled=100", *words, cwd=cwd)
    assert result.returncode == 0, result.stderr
    path = result.stdout.strip().splitlines()[-1].removeprefix("report: ")
    return Page((cwd / path).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    folder = tmp_path_factory.mktemp("page")
    written.write_widths(folder)
    written.write_failed(folder, "Traceback\nValueError: no room")
    written.write_results(
        folder, exponents=written.EXPONENTS, phase_diagram=written.PHASE_DIAGRAM,
        verdict=written.VERDICT, rewiring=written.REWIRING, collapse=written.COLLAPSE,
        capacity=written.CAPACITY,
    )  # fmt: skip
    return report(folder)


def test_means_and_replicas_are_those_of_the_record(page, tmp_path):
    (study,) = page.data()
    system = study["transition"]["systems"][0]
    accuracy = written.columns(150, 100)["accuracy"]
    curve = system["curves"]["accuracy"]
    assert curve["x"]["density"] == pytest.approx(written.DENSITY, rel=1e-4)
    assert curve["mean"] == pytest.approx(accuracy.mean(axis=0), rel=1e-4)
    error = accuracy.std(axis=0, ddof=1) / 2
    assert curve["error"] == pytest.approx(error, rel=1e-4)
    assert np.array(curve["single"]) == pytest.approx(accuracy, rel=1e-4)
    assert curve["replicas"] == ["0:0", "0:1", "0:2", "0:3"]
    assert curve["x"]["num_kept"] == pytest.approx(np.round(written.DENSITY * 1e4), rel=1e-4)


def test_all_order_parameters_losses_and_entropies_are_plotted(page):
    (study,) = page.data()
    shown = study["transition"]["panels"]
    names = {"accuracy", "loss", "prediction_entropy", "outcome_entropy", "class_order"}
    assert set(shown) == names
    assert shown["accuracy"]["references"] == [{"value": 0.1, "text": "chance"}]
    plotted = {tag.attributes.get("data-panel") for tag in page.tags} - {None}
    assert plotted == names


def test_sizes_can_be_chosen_and_have_styles_of_their_own(page):
    (study,) = page.data()
    (facet,) = study["transition"]["facets"]
    assert facet["name"] == "weights"
    assert [value["text"] for value in facet["values"]] == ["10,000", "40,000"]
    first, second = (system["style"] for system in study["transition"]["systems"])
    for key in ("light", "dark", "symbol", "dash"):
        assert first[key] != second[key]


def test_the_half_way_points_are_those_of_the_analysis_universality(page, tmp_path):
    systems = {
        record.id: located(read_system([record]), 100, 0)
        for record in written.write_widths(tmp_path)
    }
    comparisons = {name: compare(systems, name) for name in ("density", "num_kept")}
    content = to_json(systems, comparisons, "num_kept")
    rows = page.table("Half of the accuracy above chance")
    for entry, row in zip(content["systems"], rows, strict=True):
        half = entry["half_accuracy"]["num_kept"]
        assert row["surviving weights at half"] == with_error(half["value"], half["error"])
        density = entry["half_accuracy"]["density"]
        shown = with_error(density["value"], density["error"])
        assert row["density at half"] == shown
        said = f"{row['system']}: half of the accuracy above chance is lost at a density of {shown}"
        assert any(line.startswith(said) for line in page.texts("li"))


def test_numbers_of_results_are_shown_as_quoted(page):
    (row, other) = page.table("Fits of the law A (p - p_c)^exponent above the critical point p_c")
    assert (row["critical point"], other["critical point"]) == (
        "5.4(10)(18)e-04", "not determined",
    )  # fmt: skip
    phases = page.table("Phase at each point")
    assert [one["α"] for one in phases] == ["0.42(2)", "-0.04(2)", "0.00(2)", "0.00(2)"]
    assert any("0.60(9)" in line for line in page.texts("li"))
    assert any("is: crossover" in line for line in page.texts("li"))


def test_a_phase_diagram_is_a_map_with_boundaries(page):
    (study,) = page.data()
    (found,) = study["maps"]
    assert (found["x"], found["y"]) == ([0.0, 0.9], [0.0, 0.99])
    assert found["letter"] == [["E", "D"], ["A", "?"]]
    assert found["alpha"] == [[0.42, -0.04], [0.0, 0.0]]
    assert "α = 0.42(2)" in found["text"][0][0]
    (boundary,) = found["boundaries"]
    assert (boundary["value"], boundary["error"], boundary["p_train"]) == (0.6, 0.09, 0.0)


def test_a_failed_run_has_its_reason(page):
    (row,) = page.table("Failed runs, with the reason")
    assert (row["run"], row["reason"]) == ("broken", "ValueError: no room")
    assert "1 failed" in page.texts("span")


def test_configuration_and_provenance(page):
    rows = page.table("Options in which the runs differ")
    assert [row["model.widths"] for row in rows[:2]] == ["[100, 100]", "[200, 200]"]
    for row in page.table("Provenance"):
        assert "numpy" in row["versions"] and len(row["commit"]) >= 7 and row["finished"]
    shared = {row["option"]: row["value"] for row in page.table("Options that all runs share")}
    assert shared["pruner.score"] == "magnitude"


def test_every_number_is_compared_with_the_papers(page):
    pesce = page.table("Pesce, He, Caldarelli 2026, arXiv 2602.15224")
    dense = next(row for row in pesce if row["quantity"] == "accuracy of the dense fc on mnist")
    assert dense["paper"] == "0.9703" and dense["ours"].startswith("0.949")
    assert dense["agreement"].startswith("ours is lower by 0.0")
    kind = next(row for row in pesce if row["quantity"] == "kind of the transition")
    assert (kind["ours"], kind["agreement"]) == ("crossover", "disagrees")
    missing = next(row for row in pesce if "kmnist loses" in row["quantity"])
    assert missing["agreement"] == "not measured in these runs"


def test_nothing_is_loaded_from_elsewhere(page):
    outside = [one for one in page.loaded() if not one.startswith(("#", "data:"))]
    assert outside == []
    (policy,) = [
        tag.attributes["content"]
        for tag in page.tags
        if tag.attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert "default-src 'none'" in policy and "connect-src 'none'" in policy
    own = "".join(
        tag.text for tag in page.tags if tag.name in ("script", "style") and "id" not in
        tag.attributes
    )  # fmt: skip
    assert set(re.findall(r"https?://[^\"' ]+", own)) <= {"http://www.w3.org/2000/svg"}


def test_the_plotting_library_is_in_the_page_once(page):
    packed = [tag.text for tag in page.tags if tag.attributes.get("id") == "plotly"]
    (library,) = [gzip.decompress(base64.b64decode(text)) for text in packed]
    assert b"plotly.js v" in library[:200]


def test_the_page_is_accessible(page):
    for tag in page.tags:
        if tag.name == "th":
            assert tag.attributes["scope"] == "col" and tag.attributes["aria-sort"] == "none"
        if tag.name == "img":
            assert tag.attributes["alt"]
        if tag.attributes.get("class") == "plot":
            assert tag.attributes["role"] == "img" and tag.attributes["aria-label"]
        if tag.name == "select":
            assert tag.attributes["aria-label"]
    assert page.tags[0].attributes["lang"] == "en"


def test_texts_from_a_results_folder_are_escaped(tmp_path):
    folder = tmp_path / "results <b>x"
    written.write_widths(folder, (100,), note=ATTACK)
    written.write_failed(folder, f"first\n{ATTACK}")
    (folder / "written").rename(folder / "a<script>b")
    results = [
        {"system": ATTACK, "control": "density", "num_replicas": 2,
         "landmarks": {"accuracy": None}, "distances": {}, "reasons": {"accuracy": ATTACK}}
    ]  # fmt: skip
    (folder / "a<script>b" / "percolation.json").write_text(json.dumps(results))
    page = report(tmp_path, runs=str(folder))
    scripts = [tag for tag in page.tags if tag.name == "script"]
    kinds = [tag.attributes.get("type") for tag in scripts]
    assert kinds == ["application/json", "text/plain", None, None, None]
    assert all("nonce" in tag.attributes for tag in scripts[1:])
    assert not [tag for tag in page.tags if tag.name in ("img", "b")]
    assert not [tag for tag in page.tags if any(key.startswith("on") for key in tag.attributes)]
    assert page.table("Failed runs, with the reason")[0]["reason"] == ATTACK
    assert page.texts("h2")[0] == "a<script>b"
    assert any(ATTACK in line for line in page.texts("li"))


def test_twelve_runs_fit_into_six_megabytes(tmp_path):
    density = np.geomspace(1e-4, 1, 220)
    generator = np.random.default_rng(0)
    for number in range(12):
        values = {
            name: generator.random((32, 220))
            for name in ("accuracy", "loss", "prediction_entropy", "outcome_entropy")
        }
        write_run(tmp_path, f"run{number}", density, values, 100 + number)
    for number in range(5):  # figures that hardly compress
        noise = generator.integers(0, 255, (900, 900, 3), dtype=np.uint8)
        _image(noise, tmp_path / "written" / f"figure{number}.png")
    page = report(tmp_path)
    size = (tmp_path / "written" / "report.html").stat().st_size
    assert size < 6_000_000
    (study,) = page.data()
    curve = study["transition"]["systems"][0]["curves"]["accuracy"]
    assert len(curve["mean"]) == 200 and len(curve["single"]) == 32
    assert len(curve["single"][0]) >= 100
    assert any("Left out, to keep the page small" in text for text in page.texts("p"))


def _image(pixels, path):
    Image.fromarray(pixels).save(path)


def test_a_file_that_is_no_image_is_not_embedded(tmp_path):
    written.write_widths(tmp_path, (100,))
    (tmp_path / "written" / "collapse.png").write_bytes(b"<script>alert(1)</script>")
    _image(np.zeros((20, 20, 3), dtype=np.uint8), tmp_path / "written" / "verdict.png")
    images = [tag for tag in report(tmp_path).tags if tag.name == "img"]
    (url,) = [tag.attributes["src"] for tag in images]
    assert base64.b64decode(url.partition(",")[2]).startswith(b"\x89PNG")


def test_an_unfinished_run_is_plotted_as_far_as_it_is(tmp_path):
    (record,) = written.write_widths(tmp_path, (100,))
    info = json.loads(record.info_file.read_text())
    record.info_file.write_text(json.dumps(info | {"state": "running"}))
    page = report(tmp_path)
    (system,) = page.data()[0]["transition"]["systems"]
    assert system["name"].endswith("(unfinished)") and not system["finished"]
    assert "1 interrupted" in page.texts("span")


def test_runs_that_have_all_failed_still_have_a_page(tmp_path):
    written.write_failed(tmp_path, "no room")
    page = report(tmp_path)
    assert page.data() == [{"transition": None, "rates": None, "maps": []}]
    assert any(text.startswith("Nothing yet") for text in page.texts("p"))


def test_runs_that_have_not_begun_are_missing(tmp_path):
    written.write_widths(tmp_path, (100,))
    entries = [
        {"study": study, "run": run, "asked": run, "swept": f"seed={run}", "overrides": []}
        for study, run in (("written", "w100"), ("written", "later"), ("other", "last"))
    ]
    SweepRecord(tmp_path, "sweep").write(["train", "-m"], entries)
    page = report(tmp_path)
    assert page.texts("h2") == ["other", "written", "Comparison with the papers"]
    states = {row["run"]: (row["state"], row["name"]) for row in page.table("States of the runs")}
    assert states["later"] == ("missing", "seed=later")
    assert states["last"] == ("missing", "seed=last")


def test_the_page_is_the_same_but_for_time_and_nonce(tmp_path):
    written.write_widths(tmp_path, (100,))
    pages = [report(tmp_path, f"output_dir=out{number}") for number in range(2)]
    assert pages[0].data() == pages[1].data()


def test_a_damaged_table_leaves_out_its_system_with_a_line(tmp_path):
    first, _ = written.write_widths(tmp_path)
    first.observables_file.write_bytes(b"PAR1")
    page = report(tmp_path)
    assert len(page.data()[0]["transition"]["systems"]) == 1
    assert any(text.startswith("left out:") for text in page.texts("li"))


def test_replicas_that_would_not_fit_are_left_out_and_said_to_be(tmp_path, monkeypatch):
    monkeypatch.setattr("pruning_phases.analysis.report.page.NUMBERS", 100)
    written.write_widths(tmp_path, (100,))
    page = report(tmp_path)
    curve = page.data()[0]["transition"]["systems"][0]["curves"]["accuracy"]
    assert curve["single"] == [] and len(curve["mean"]) == 31
    assert any("Single replicas are left out" in text for text in page.texts("p"))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "runs has no value: give runs=FOLDER"),
        (["runs=none"], "runs=none: there is no such folder"),
        (["runs=."], "runs=.: there is no run: a run's folder holds run.json"),
        (["runs=.", "port=80"], "port=80: a page in a file has no port: give live=true, too"),
        (["runs=.", "interval=9"], "interval=9: only a live page is renewed: give live=true, too"),
        (["runs=.", "live=true", "port=70000"], "port=70000: give a number from 0 to 65535"),
        (["run=."], "run: no such key; did you mean runs"),
    ],
)
def test_a_bad_command_gives_one_line(words, said, tmp_path):
    result = command("report", *words, cwd=tmp_path)
    assert result.returncode == 2
    (line,) = result.stderr.strip().splitlines()
    assert said in line


def test_torch_is_not_imported(tmp_path):
    written.write_widths(tmp_path, (100,))
    code = (
        "import sys; sys.argv = ['report', 'runs=.', 'num_resampled=100']\n"
        "from pruning_phases.report import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "print(sorted({'torch', 'lightning', 'wandb'} & set(sys.modules)))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True,
        text=True, timeout=120, check=True,
    )  # fmt: skip
    assert result.stdout.strip().splitlines()[-1] == "[]"


def test_losses_over_dropout_at_evaluation(tmp_path):
    generator = np.random.default_rng(0)
    values = generator.random((2, 3, 2, 4))
    axes = np.array([0.0, 0.5]), np.array([0.0, 0.4, 0.8]), np.array([64, 256])
    losses = Losses(*axes, values, 10)
    write_grid_run(tmp_path, "grid", losses)
    page = report(tmp_path)
    (study,) = page.data()
    assert study["transition"] is None
    rates = study["rates"]
    assert [facet["name"] for facet in rates["facets"]] == ["p_train", "training examples"]
    assert rates["hidden"] == [2, 3]
    curve = rates["systems"][1]["curves"]["loss"]  # p_train 0, 256 examples
    assert rates["systems"][1]["name"].endswith("p_train 0, N = 256")
    assert curve["mean"] == pytest.approx(values[0, :, 1].mean(axis=1), rel=1e-4)
    assert pytest.approx(values[0, :, 1], rel=1e-4) == np.array(curve["single"]).T


DAMAGE = [
    ("data", {}), ("data", 3), ("network", {}), ("network", None), ("segments", ["x"]),
    ("observables", [{}]), ("observables", [{"name": []}]), ("command", 3), ("finished", []),
    ("machine", 3), ("error", {}), ("state", None), ("physics", {"physics_version": 2}),
    ("physics", {"physics_version": 2, "model": "x", "dataset": [], "seed": 0}),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value"), DAMAGE)
def test_a_damaged_record_does_not_keep_the_other_runs_from_the_page(key, value, tmp_path):
    record, _ = written.write_widths(tmp_path)
    info = json.loads(record.info_file.read_text())
    record.info_file.write_text(json.dumps(info | {key: value}))
    config = ReportConfig(runs=str(tmp_path), num_resampled=100)
    page = Page(make_page(read_studies(str(tmp_path)), config, Console(quiet=True)))
    (study,) = page.data()
    assert 1 <= len(study["transition"]["systems"]) <= 2
    if len(study["transition"]["systems"]) < 2:
        assert any("left out" in text for text in page.texts("li")) or any(
            row["state"] in ("damaged", "None") for row in page.table("States of the runs")
        )
