"""`obhut notifications bounce`: a mail server's pipe for mail that came back."""

import sys
from typing import BinaryIO

import click
from flask.cli import AppGroup, ScriptInfo

from notifications.bounces import Taken, take
from notifications.delivery_reports import LONGEST

# sysexits.h, which mail servers go by: what is done, what is given back to the sender, what is tried again later.
DONE, DATA_ERROR, TEMPORARY_FAILURE = 0, 65, 75

notifications = AppGroup("notifications", help="Messages: mail that came back.")


@notifications.command("bounce", with_appcontext=False)
@click.option("--recipient", default="", metavar="ADDRESS", help="The envelope's recipient, if the mail lacks it.")
def bounce_command(recipient: str) -> None:
    """Read one mail from standard input and note what it says about a message of ours.

    Exit codes are those of sysexits: 0 done (also for what is no bounce), 65 not a mail, 75 try again later.
    """
    context = click.get_current_context()
    raw = _beginning(sys.stdin.buffer)
    try:
        with context.ensure_object(ScriptInfo).load_app().app_context():
            taken = take(raw, recipient)
    except Exception as error:  # settings, database, disk: the mail server keeps the mail and comes again
        click.echo(f"{type(error).__name__}: try again later", err=True)
        context.exit(TEMPORARY_FAILURE)
    click.echo(taken.value)
    context.exit(DATA_ERROR if taken is Taken.UNREADABLE else DONE)


def _beginning(stream: BinaryIO) -> bytes:
    """As much as matters; the rest is read too, since a mail server takes a closed pipe for a failure."""
    raw = stream.read(LONGEST)
    while stream.read(LONGEST):
        pass
    return raw
