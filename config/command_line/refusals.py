"""What the web server itself says: to an upload so large that the application never hears of it; nothing, politely."""

from html import escape

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import RequestEntityTooLarge

from config.command_line.terminal import _
from config.error_pages import MESSAGES, TITLES
from config.security import outside_of_pages
from config.settings import Settings

TOO_LARGE = 413


def channel_class(settings: Settings) -> type[HTTPChannel]:
    """The class of connections that refuse in the language of `settings`, in English below it."""

    class Refusal(ErrorTask):  # type: ignore[misc]  # waitress is untyped
        def execute(self) -> None:
            self.response_headers += outside_of_pages(settings.secure_cookies)
            if not isinstance(self.request.error, RequestEntityTooLarge):
                super().execute()
                return
            page = too_large(settings.max_upload_mb).encode()
            self.status = "413 Request Entity Too Large"
            self.response_headers.append(("Content-Type", "text/html; charset=utf-8"))
            self.set_close_on_finish()
            self.content_length = len(page)
            self.write(page)

    class Channel(HTTPChannel):  # type: ignore[misc]
        task_class = Answer
        error_task_class = Refusal

    return Channel


class Answer(WSGITask):  # type: ignore[misc]
    """An answer without a body (204, 304) ends by itself: waitress would close the connection to show its end."""

    def build_response_header(self) -> bytes:
        asked_to_close = self.request.headers.get("CONNECTION", "").lower() == "close"
        self.ends_by_itself = self.version == "1.1" and not self.has_body and not asked_to_close
        header: bytes = super().build_response_header()
        self.ends_by_itself = False
        return header

    ends_by_itself = False

    def set_close_on_finish(self) -> None:
        if not self.ends_by_itself:
            super().set_close_on_finish()


def too_large(limit_mb: int) -> str:
    """A page without style or script, since nothing else of the application is at hand."""
    title, message = TITLES[TOO_LARGE], MESSAGES[TOO_LARGE]
    texts = dict.fromkeys((_(message).format(limit_mb=limit_mb), message.format(limit_mb=limit_mb)))
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in texts)
    return (
        "<!doctype html><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{escape(_(title))}</title><h1>{escape(_(title))}</h1>{paragraphs}<p><a href='/'>Obhut</a></p>"
    )
