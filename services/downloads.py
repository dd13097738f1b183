"""Files of requests on their way out."""

from flask import Response

from config.downloads import download
from services import quarantine
from services.models import Attachment


def file(attachment: Attachment) -> Response:
    """The answer that carries a file. Its type is the one we found, not the one that was claimed.

    Raises Conflict for a file that waits for the scanner, or that it had destroyed.
    """
    quarantine.refuse_unless_free(attachment)
    return download(attachment.content.data or b"", attachment.media_type, attachment.file_name or "file")
