"""What MkDocs does for this site: adds the reference, and brings in pages that lie outside `docs/`."""

from __future__ import annotations

import posixpath
import re
import shutil
import sys
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

sys.path.insert(0, str(Path(__file__).parent))
from notebook_page import notebook
from reference import pages

ROOT = Path(__file__).resolve().parents[2]
_LINK = re.compile(r"(\]\()((?:\.\./)+[\w./-]+\.md)(#[\w-]+)?(\))")


def on_startup(command: str, dirty: bool) -> None:
    """Lay the package out as it is installed: what reads docstrings follows no mapping of folders."""
    place = ROOT / "build" / "documented"
    shutil.rmtree(place, ignore_errors=True)
    source = shutil.ignore_patterns("__pycache__", "*.safetensors")
    shutil.copytree(ROOT / "tcmoa_bench", place / "tcmoa_bench", ignore=source)
    for name in ("baselines", "datasets", "metrics", "reports"):
        shutil.copytree(ROOT / name, place / "tcmoa_bench" / name, ignore=source)


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add what is made or lies elsewhere."""
    for path, content in notebook(ROOT / "docs" / "notebook.ipynb"):
        files.append(File.generated(config, path, content=content))
    for path, content in pages():
        files.append(File.generated(config, path, content=content))
    for outside in sorted({path for file in files.documentation_pages() for path in _outside(file)}):
        files.append(
            File.generated(config, f"elsewhere/{outside}", content=(ROOT / outside).read_text("utf-8"))
        )
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links to files outside `docs/` lead to their copies in the site."""

    def moved(found: re.Match[str]) -> str:
        outside = _target(page.file.src_uri, found[2])
        if outside is None:
            return found[0]
        here = posixpath.dirname(page.file.src_uri) or "."
        return f"{found[1]}{posixpath.relpath(f'elsewhere/{outside}', here)}{found[3] or ''}{found[4]}"

    return _LINK.sub(moved, markdown)


def _outside(file: File) -> set[str]:
    found = (_target(file.src_uri, link) for _, link, _, _ in _LINK.findall(file.content_string))
    return {path for path in found if path is not None}


def _target(page: str, link: str) -> str | None:
    """A link's file relative to the repository, where it lies outside `docs/`."""
    path = posixpath.normpath(posixpath.join("docs", posixpath.dirname(page), link))
    return None if path.startswith(("docs/", "..")) or page.startswith("elsewhere/") else path
