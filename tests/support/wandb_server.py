"""Server that takes runs as that of W&B does, keeps their rows, and refuses illegal names."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import unquote

import pytest
import wandb

ENTITY = "somebody"
# Column of a run -> how many characters the server of W&B takes.
LIMITS = {"displayName": 128, "groupName": 128, "jobType": 64, "project": 128}
MAX_TAG = 64


class WandbServer(ThreadingHTTPServer):
    """``runs``: what the client said of a run, by (project, id); ``rows``: its history."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.runs: dict[tuple[str, str], dict[str, Any]] = {}
        self.rows: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing when the client closes a connection."""

    @property
    def environment(self) -> dict[str, str]:
        """Variables that make this server the one in use."""
        address = f"http://127.0.0.1:{self.server_port}"
        return {"WANDB_BASE_URL": address, "WANDB_API_KEY": "x" * 40}

    def use_in(self, patch: pytest.MonkeyPatch) -> None:
        """Let this process log here until the patch ends."""
        for name, value in self.environment.items():
            patch.setenv(name, value)

    def answer(self, operation: str, given: dict[str, Any]) -> dict[str, Any]:
        project, name = given.get("project"), given.get("name") or given.get("run")
        owner = {"id": "p", "name": project, "entity": {"id": "e", "name": ENTITY}}
        if operation == "RunResumeStatus":
            return {"model": owner | {"bucket": self._bucket((str(project), str(name)))}}
        if operation == "UpsertBucket":
            key = str(project), str(name)
            is_new = key not in self.runs
            said = {column: value for column, value in given.items() if value is not None}
            self.runs[key] = self.runs.get(key, {}) | said
            return {
                "upsertBucket": {"bucket": {"id": "r", "name": name, "project": owner},
                                 "inserted": is_new}
            }  # fmt: skip
        if operation == "CreateRunFiles":
            files = [
                {"name": one, "uploadUrl": f"{self.environment['WANDB_BASE_URL']}/upload"}
                for one in given["files"]
            ]
            return {"createRunFiles": {"runID": "r", "uploadHeaders": [], "files": files}}
        return {}

    def _bucket(self, key: tuple[str, str]) -> dict[str, Any] | None:
        if key not in self.runs:
            return None
        rows = self.rows.get(key, [])
        return {
            "id": "r", "name": key[1], "historyLineCount": len(rows), "eventsLineCount": 0,
            "logLineCount": 0, "historyTail": json.dumps([json.dumps(row) for row in rows[-1:]]),
            "eventsTail": "[]", "summaryMetrics": "{}", "config": "{}", "tags": [],
            "wandbConfig": json.dumps({"t": 1}),
        }  # fmt: skip


def fault(given: dict[str, Any]) -> str | None:
    """Return why the server of W&B refuses a run with these names."""
    for column, limit in LIMITS.items():
        if len(given.get(column) or "") > limit:
            return f"{limit} limit exceeded for {column}"
    if any(not 1 <= len(tag) <= MAX_TAG for tag in given.get("tags") or []):
        return "invalid tag, must be between 1 and 64 characters"
    return None


class _Handler(BaseHTTPRequestHandler):
    server: WandbServer
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/graphql":
            self._answer_query(json.loads(body))
            return
        if stream := re.fullmatch(rf"/files/{ENTITY}/(.+)/(.+)/file_stream", unquote(self.path)):
            rows = self.server.rows.setdefault((stream[1], stream[2]), [])
            if history := json.loads(body).get("files", {}).get("wandb-history.jsonl"):
                rows[history["offset"] :] = map(json.loads, history["content"])
        self._send(200, {})

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._send(200, {})

    def _answer_query(self, query: dict[str, Any]) -> None:
        operation = re.match(r"\s*(?:query|mutation)\s+(\w+)", query["query"])
        given = query.get("variables") or {}
        message = fault(given) if operation and operation[1] == "UpsertBucket" else None
        if message:
            self._send(400, {"errors": [{"message": message}], "data": None})
        else:
            self._send(200, {"data": self.server.answer(operation[1] if operation else "", given)})

    def _send(self, status: int, content: dict[str, Any]) -> None:
        text = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def wandb_server() -> Iterator[WandbServer]:
    """Run a server, and let W&B forget it at the end: it keeps the first one of a process."""
    wandb.teardown()
    with WandbServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        wandb.teardown()
        server.shutdown()
