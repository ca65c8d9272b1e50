"""A page from a template, with its styles and scripts inlined."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup


def render(template: str, styles: Sequence[str], scripts: Sequence[str], context: Mapping[str, Any]) -> bytes:
    """A page with its styles and scripts inlined, as UTF-8."""
    environment = Environment(
        loader=PackageLoader("tcmoa_bench.reports.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    css, js = ("\n".join(map(_asset, names)) for names in (styles, scripts))
    # Only this very script may run: what a name might smuggle in has another hash.
    digest = base64.b64encode(hashlib.sha256(js.encode()).digest()).decode()
    text = environment.get_template(template).render(
        **{"css": Markup(css), "js": Markup(js), "js_digest": digest, "scripts_beside": False, **context}
    )
    return text.encode("utf-8", "backslashreplace")


def _asset(name: str) -> str:
    return (resources.files("tcmoa_bench.reports.html") / "static" / name).read_text("utf-8")


def datatables() -> str:
    """DataTables' script as itables carries it, compressed: base64 of gzip."""
    script = (resources.files("itables") / "html" / "dt_bundle.js").read_bytes()
    return base64.b64encode(gzip.compress(script, 9, mtime=0)).decode()
