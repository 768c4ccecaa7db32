"""The dashboard has a panel for everything that runs log, and is saved on the chosen server."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from pruning_phases.observables.registry import MASK, SUSCEPTIBILITY, TRANSITION, WEIGHTS, tracked
from pruning_phases.tracking.dashboard import media_key
from pruning_phases.tracking.legal_names import PROJECT, legal
from tests.support.commands import command

pytest.importorskip("wandb_workspaces", reason="no wandb-workspaces")
WORDS = ["project=transition", "entity=somebody"]


class Server(BaseHTTPRequestHandler):
    """Server that saves views as that of W&B does."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        query = json.loads(body) if self.path == "/graphql" else {"query": ""}
        answer = {"viewer": {"id": "x", "entity": "somebody", "username": "somebody", "flags": "{}",
                             "teams": {"edges": []}}}  # fmt: skip
        if "upsertView" in query["query"]:
            self.server.views.append(query["variables"])
            answer = {"upsertView": {"view": {"id": "x", "name": "nw-abc-v"}, "inserted": True}}
        text = json.dumps({"data": answer}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


@pytest.fixture
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        server.views = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_every_logged_observable_has_a_panel_over_density(server, tmp_path):
    address = f"http://127.0.0.1:{server.server_port}"
    result = command(
        "dashboard", *WORDS, cwd=tmp_path, WANDB_BASE_URL=address, WANDB_API_KEY="x" * 40
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == f"dashboard: {address}/somebody/transition?nw=abc"
    assert result.stderr == ""
    (view,) = server.views
    assert (view["entityName"], view["projectName"]) == ("somebody", "transition")
    sections = json.loads(view["spec"])["section"]["panelBankConfig"]["sections"]
    assert [section["name"] for section in sections] == [TRANSITION, MASK, WEIGHTS, "Sweeps"]
    panels = [panel for section in sections[:-1] for panel in section["panels"]]
    plotted = {name for panel in panels for name in panel["config"]["metrics"]}
    assert plotted == {*tracked(), SUSCEPTIBILITY}
    assert {panel["config"]["xAxis"] for panel in panels} == {"density"}
    overviews = json.dumps(sections[-1])
    assert '"runs"' in overviews and '"overview"' in overviews


def test_a_study_of_any_name_has_a_view(server, tmp_path):
    """The view looks for the figures where the overview of a sweep logs them."""
    address = f"http://127.0.0.1:{server.server_port}"
    study = f"50% #3 {'x' * 130}"
    project = legal(PROJECT, study)
    for name in (study, project):
        words = [f"project='{name}'", WORDS[1], "name='a\nview'"]
        result = command(
            "dashboard", *words, cwd=tmp_path, WANDB_BASE_URL=address, WANDB_API_KEY="x" * 40
        )
        assert result.returncode == 0, result.stderr
    first, second = server.views
    assert first["projectName"] == second["projectName"] == project
    assert f'"{media_key(study, "exponents")}"' in first["spec"]
    assert media_key(study, "exponents") == media_key(project, "exponents")


@pytest.mark.parametrize(
    "words, line",
    [
        (WORDS, "no API key for api.wandb.ai: store one with `wandb login`"),
        (WORDS[:1], "entity has no value: give entity=NAME, as W&B shows it"),
        (WORDS[1:], "project has no value: give project=NAME, as W&B shows it"),
    ],
)
def test_a_missing_value_is_reported_in_one_line(words, line, tmp_path):
    result = command("dashboard", *words, cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.strip() == f"pruning_phases.dashboard: error: {line}"
