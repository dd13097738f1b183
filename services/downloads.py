"""Files of requests on their way out."""

from flask import Response

from config.downloads import download
from services.models import Attachment


def file(attachment: Attachment) -> Response:
    """The answer that carries a file. Its type is the one we found, not the one that was claimed."""
    return download(attachment.content.data or b"", attachment.media_type, attachment.file_name or "file")
