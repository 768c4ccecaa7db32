"""Live report: what is served to whom, renewal while runs change, the end by Ctrl-C."""

import json
import signal
import socket
import subprocess
import sys
import time
from http.client import HTTPConnection
from threading import Thread

import pytest
from rich.console import Console

from pruning_phases.analysis.report.config import ReportConfig
from pruning_phases.analysis.report.live import Page, fingerprint, open_server, serve
from pruning_phases.errors import UserError
from tests.analysis.report import written
from tests.support.commands import environment
from tests.support.html_page import Page as HtmlPage


@pytest.fixture
def served():
    page = Page("<p>first</p>")
    server = open_server(page, 0)
    Thread(target=server.serve_forever, daemon=True).start()
    yield page, server.server_port
    server.shutdown()
    server.server_close()


def get(port, path, host=None):
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": host or f"127.0.0.1:{port}"})
    answer = connection.getresponse()
    return answer.status, answer.read().decode()


def test_the_page_and_its_version_are_served_and_nothing_else(served):
    page, port = served
    assert get(port, "/") == (200, "<p>first</p>")
    assert json.loads(get(port, "/version")[1])["version"] == 1
    page.replace("<p>second</p>")
    assert get(port, "/") == (200, "<p>second</p>")
    assert json.loads(get(port, "/version")[1])["version"] == 2
    for path in ("/etc/passwd", "/../secret", "/report.html"):
        assert get(port, path)[0] == 404


def test_only_the_loopback_address_is_answered(served):
    _, port = served
    assert get(port, "/", host="evil.example")[0] == 403
    assert get(port, "/", host=f"localhost:{port}")[0] == 200


def test_a_taken_port_is_one_line():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(UserError, match=f"port={port}: .*: give another one, or port=0"):
            open_server(Page(""), port)


def test_a_change_of_a_run_or_a_result_is_seen(tmp_path):
    (record,) = written.write_widths(tmp_path, (100,))
    config = ReportConfig(runs=str(tmp_path))
    before = fingerprint(config)
    (tmp_path / "report.html").write_text("the page itself")
    assert fingerprint(config) == before
    written.write_results(tmp_path, verdict=written.VERDICT)
    after = fingerprint(config)
    assert after != before
    record.fail("no room")
    assert fingerprint(config) != after


def test_a_change_while_the_first_page_is_made_is_not_missed(tmp_path, monkeypatch):
    written.write_widths(tmp_path, (100,))
    made, looks = [], []

    def renew():
        made.append("page")
        written.write_results(tmp_path, verdict=[len(made)])
        if len(made) == 2:
            raise KeyboardInterrupt
        return "page"

    def look(_):
        looks.append("look")
        assert len(looks) < 3, "no change was seen"

    monkeypatch.setattr("pruning_phases.analysis.report.live.time.sleep", look)
    with pytest.raises(KeyboardInterrupt):
        serve(renew, ReportConfig(runs=str(tmp_path), live=True), Console(quiet=True))
    assert len(looks) == 1


def test_a_live_report_renews_itself_and_ends_with_130(tmp_path):
    written.write_widths(tmp_path, (100,))
    process = subprocess.Popen(
        [sys.executable, "-m", "pruning_phases.report", "runs=.", "live=true", "interval=0.5",
         "num_resampled=100"],
        cwd=tmp_path, env=environment(PYTHONUNBUFFERED="1"), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        while not line.startswith("report: http://127.0.0.1:"):
            assert line, process.stderr.read()
            line = process.stdout.readline()
        port = int(line.split(":")[3].partition("/")[0])
        page = HtmlPage(get(port, "/")[1])
        assert [tag for tag in page.tags if tag.attributes.get("id") == "live"]
        policies = [tag.attributes.get("content") or "" for tag in page.tags if tag.name == "meta"]
        assert any("connect-src 'self'" in policy for policy in policies)
        written.write_failed(tmp_path, "no room at all")
        until = time.monotonic() + 30
        while "no room at all" not in get(port, "/")[1]:
            assert time.monotonic() < until
            time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 130
        assert process.stderr.read().count("\n") == 1
    finally:
        process.kill()
        process.wait()
