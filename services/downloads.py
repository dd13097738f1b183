"""Files on their way out: always as a download, never shown within our own pages."""

from urllib.parse import quote

from flask import Response

from services.models import Attachment


def file(attachment: Attachment) -> Response:
    """The answer that carries a file. Its type is the one we found, not the one that was claimed."""
    response = Response(attachment.content.data or b"", mimetype=attachment.media_type)
    name = quote(attachment.file_name or "file")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response.headers["Cache-Control"] = "private, no-store"
    return response
