"""What a person sees when the web server itself refuses: an upload so large that the application never hears of it."""

from html import escape

from waitress.channel import HTTPChannel
from waitress.task import ErrorTask
from waitress.utilities import RequestEntityTooLarge

from config.command_line.terminal import _
from config.error_pages import MESSAGES, TITLES
from config.settings import Settings

TOO_LARGE = 413


def channel_class(settings: Settings) -> type[HTTPChannel]:
    """The class of connections that refuse in the language of `settings`, in English below it."""

    class Refusal(ErrorTask):  # type: ignore[misc]  # waitress is untyped
        def execute(self) -> None:
            if not isinstance(self.request.error, RequestEntityTooLarge):
                super().execute()
                return
            page = too_large(settings.max_upload_mb).encode()
            self.status = "413 Request Entity Too Large"
            self.response_headers += [("Content-Type", "text/html; charset=utf-8"), ("Cache-Control", "no-store")]
            self.set_close_on_finish()
            self.content_length = len(page)
            self.write(page)

    class Channel(HTTPChannel):  # type: ignore[misc]
        error_task_class = Refusal

    return Channel


def too_large(limit_mb: int) -> str:
    """A page without style or script, since nothing else of the application is at hand."""
    title, message = TITLES[TOO_LARGE], MESSAGES[TOO_LARGE]
    texts = dict.fromkeys((_(message).format(limit_mb=limit_mb), message.format(limit_mb=limit_mb)))
    paragraphs = "".join(f"<p>{escape(text)}</p>" for text in texts)
    return (
        "<!doctype html><meta charset='utf-8'><meta name='viewport' content='width=device-width'>"
        f"<title>{escape(_(title))}</title><h1>{escape(_(title))}</h1>{paragraphs}<p><a href='/'>Obhut</a></p>"
    )
