"""Front-end files: sent compressed, and kept by browsers until they change: less to wait for on an old phone."""

import gzip
from functools import lru_cache
from pathlib import Path
from typing import Any

from flask import Flask, Response, current_app, request

COMPRESSED = (".css", ".js", ".svg")
A_YEAR_S = 365 * 24 * 3600
# Fonts and the like are named by the stylesheets, without a version in the address; they change with a release of KERN.
A_DAY_S = 24 * 3600


def init_app(app: Flask) -> None:
    """Give every address made by `url_for("static", …)` a version, and serve the files of `app` by it."""
    app.view_functions["static"] = _serve

    @app.url_defaults
    def add_version(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and "v" not in values and (version := _version(app, str(values.get("filename", "")))):
            values["v"] = version


def _serve(filename: str) -> Response:
    """The file, for a year if its version is in the address. Raises NotFound (404)."""
    response = current_app.send_static_file(filename)
    versioned = request.args.get("v") == _version(current_app, filename)
    response.cache_control.public = True
    response.cache_control.no_cache = None
    response.expires = None
    response.cache_control.max_age = A_YEAR_S if versioned else A_DAY_S
    if filename.endswith(COMPRESSED):
        response.vary.add("Accept-Encoding")
        if response.status_code == 200 and request.accept_encodings["gzip"] and not request.range:
            _compress(response, Path(current_app.static_folder or "", filename))
    return response


def _compress(response: Response, path: Path) -> None:
    content = _compressed(str(path), path.stat().st_mtime_ns)
    response.close()  # the file that was opened for sending it as it is
    response.direct_passthrough = False
    response.set_data(content)
    response.content_encoding = "gzip"
    etag, _ = response.get_etag()
    if etag:
        # The same content in another coding: only a weak tag may be shared between the two.
        response.set_etag(etag, weak=True)


@lru_cache(maxsize=64)
def _compressed(path: str, changed_ns: int) -> bytes:
    return gzip.compress(Path(path).read_bytes(), 9, mtime=0)


def _version(app: Flask, filename: str) -> str | None:
    try:
        return f"{Path(app.static_folder or '', filename).stat().st_mtime_ns // 1_000_000:x}"
    except OSError:
        return None
