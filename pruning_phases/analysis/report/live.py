"""Live report: the page on the loopback address, made anew when the runs have changed.

In: a function that makes the page. Out: two addresses, the page and its version. Nothing else is
served, and only to requests that name this machine's own address.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

from pruning_phases.console import PLAIN
from pruning_phases.errors import RunError, UserError
from pruning_phases.records.provenance import now
from pruning_phases.records.select import folders_of

if TYPE_CHECKING:
    from rich.console import Console

    from pruning_phases.analysis.report.config import ReportConfig

ADDRESS = "127.0.0.1"
WATCHED = (".json", ".parquet", ".png")

Files = frozenset[tuple[str, int, int]]  # name, time of the last change, size


class Page:
    """The page as it is served, with its version."""

    def __init__(self, content: str) -> None:
        self.version = 0
        self.replace(content)

    def replace(self, content: str) -> None:
        self.content, self.made = content.encode(), now()
        self.version += 1


def serve(renew: Callable[[], str], config: ReportConfig, console: Console) -> None:
    """Serve the page and renew it until Ctrl-C."""
    seen = fingerprint(config)  # before the page: what changes meanwhile is not missed
    page = Page(renew())
    server = open_server(page, config.port)
    Thread(target=server.serve_forever, daemon=True).start()
    console.print(f"report: http://{ADDRESS}:{server.server_port}/ (Ctrl-C ends it)", **PLAIN)
    try:
        watch(page, renew, config, seen, console)
    finally:
        server.shutdown()
        server.server_close()


def open_server(page: Page, port: int) -> ThreadingHTTPServer:
    """Bind the port on the loopback address. Raises UserError if it is taken."""
    try:
        return ThreadingHTTPServer((ADDRESS, port), _handler(page))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"port={port}: {reason}: give another one, or port=0 for any") from error


def watch(
    page: Page, renew: Callable[[], str], config: ReportConfig, seen: Files, console: Console
) -> None:
    """Renew the page whenever the files of the runs differ from those last seen, for ever."""
    while True:
        time.sleep(config.interval)
        current = fingerprint(config)
        if current == seen:
            continue
        seen = current
        try:
            page.replace(renew())
        except (UserError, RunError) as error:  # a run's folder was deleted, or is being written
            console.print(f"not renewed: {error}", **PLAIN)


def fingerprint(config: ReportConfig) -> Files:
    """Names, times and sizes of the files that the page depends on."""
    found = set()
    for folder in folders_of(config.runs):
        for where, _, names in os.walk(folder):  # passes over folders that vanish meanwhile
            for path in (Path(where, name) for name in names if name.endswith(WATCHED)):
                try:
                    facts = path.stat()
                except OSError:
                    continue
                found.add((str(path), facts.st_mtime_ns, facts.st_size))
    return frozenset(found)


def _handler(page: Page) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            """Answer with the page or its version."""
            if self.headers.get("Host", "").partition(":")[0] not in (ADDRESS, "localhost"):
                self.send_error(403)  # another site's name that was pointed to this address
            elif self.path == "/":
                self._answer(page.content, "text/html; charset=utf-8")
            elif self.path == "/version":
                version = {"version": page.version, "made": page.made}
                self._answer(json.dumps(version).encode(), "application/json")
            else:
                self.send_error(404)

        def _answer(self, content: bytes, kind: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Keep the terminal for what the command says."""

    return Handler
