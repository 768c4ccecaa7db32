"""The site that ``make docs`` builds: every link leads somewhere, and nothing is remote."""

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.support.documents import DOCS, ROOT

REMOTE = re.compile(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(?:https?:)?//[^>]*>")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(find_spec("mkdocs") is None, reason="mkdocs is not installed"),
]


def build(config: Path, site: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "-f", config, "-d", site],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip


def test_the_site_builds_and_a_reader_needs_no_network(tmp_path):
    result = build(ROOT / "mkdocs.yml", tmp_path)
    assert result.returncode == 0, result.stderr
    pages = {str(path.relative_to(tmp_path)): path.read_text() for path in tmp_path.rglob("*.html")}
    sources = {str(path.relative_to(DOCS).with_suffix(".html")) for path in DOCS.rglob("*.md")}
    assert sources == set(pages) - {"404.html"}
    assert {name: REMOTE.findall(text) for name, text in pages.items() if REMOTE.search(text)} == {}
    assert "H_pred = -sum_c f_c ln f_c" in pages["api/observables.html"]


@pytest.mark.parametrize("link", ["missing.md", "other.md#missing"])
def test_a_broken_link_fails(link, tmp_path):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text(f"# Here\n\n[there]({link})\n")
    (docs / "other.md").write_text("# There\n")
    settings = (ROOT / "mkdocs.yml").read_text().partition("\nplugins:")[0]
    (tmp_path / "mkdocs.yml").write_text(f"{settings}\nplugins: []\n")
    assert build(tmp_path / "mkdocs.yml", tmp_path / "site").returncode != 0
    (docs / "index.md").write_text("# Here\n\n[there](other.md#there)\n")
    assert build(tmp_path / "mkdocs.yml", tmp_path / "site").returncode == 0
