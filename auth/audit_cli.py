"""`obhut audit verify` and `obhut audit anchor`."""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

import click
from flask.cli import with_appcontext
from sqlalchemy.exc import SQLAlchemyError

from auth import audit_anchors, audit_verification
from auth.audit import note_verification
from auth.audit_verification import Verdict
from auth.cli import CommandLine, acting, fail
from config import scopes

LINE_EVERY_S = 10.0


@click.group("audit")
def audit_group() -> None:
    """The audit trail."""


@audit_group.command("verify")
@click.option("--chain", metavar="CHAIN", help="Only this chain, such as house or office:nord.")
@click.option("--json", "as_json", is_flag=True, help="The result as JSON, for programs.")
@click.option("--without-anchors", is_flag=True, help="Where the file of the anchors is not at hand.")
@with_appcontext
def verify(chain: str | None, as_json: bool, without_anchors: bool) -> None:
    """Compute the chains of the audit trail again, and compare them with the anchors.

    Exit code 1 if anything was changed: the first bad link of each chain is named, with its event and time.
    """
    try:
        with scopes.within(scopes.system("audit-verify")):
            if chain is not None:
                _refuse_unknown(chain)
            with _progress(audit_verification.links_in_all()) as told:
                verdict = audit_verification.verify(chain, progress=told, with_anchors=not without_anchors)
    except SQLAlchemyError as error:
        fail(f"the audit trail cannot be read ({type(error).__name__}); try `obhut doctor`")
    with acting():
        note_verification(CommandLine, verdict, chain)
    if as_json:
        click.echo(json.dumps(_as_json(verdict)))
    else:
        _tell(verdict)
    if not verdict.is_whole:
        sys.exit(1)


def _refuse_unknown(chain: str) -> None:
    """Of a name that is mistyped everything would be whole, night after night."""
    names = audit_verification.names_of_chains()
    if chain not in names:
        raise click.UsageError(f"There is no chain “{chain}”. There are: {', '.join(names)}.")


@audit_group.command("anchor")
@with_appcontext
def anchor() -> None:
    """Write the ends of the chains to the file of the anchors now, as the house does every hour."""
    try:
        with scopes.within(scopes.system("audit-anchor")):
            moved = audit_anchors.write()
    except OSError as error:
        fail(f"OBHUT_AUDIT_ANCHOR_FILE: the anchors cannot be written ({error.strerror})")
    click.echo(f"{moved} chains were anchored" if moved else "Nothing was sealed since the last anchor")


def _tell(verdict: Verdict) -> None:
    for fault in verdict.faults:
        click.echo(f"Error: {fault}", err=True)
    if verdict.is_whole:
        click.echo(f"The audit trail is whole: {verdict.sealed} events sealed, {verdict.waiting} waiting")
        anchored = f"{verdict.anchors} ends of chains found again" if verdict.anchors else "there are none"
        click.echo(f"Anchors: {anchored}")


def _as_json(verdict: Verdict) -> dict[str, object]:
    return {
        "whole": verdict.is_whole,
        "sealed": verdict.sealed,
        "waiting": verdict.waiting,
        "anchors": verdict.anchors,
        "chains": dict(verdict.chains),
        "faults": [fault.as_json() for fault in verdict.faults],
    }


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on a terminal, a line every ten seconds elsewhere, both beside the result (stderr)."""
    if sys.stderr.isatty():
        with click.progressbar(length=total, label="audit trail", file=sys.stderr) as bar:
            yield bar.update
        return
    done, told_at = 0, monotonic()

    def tell(links: int) -> None:
        nonlocal done, told_at
        done += links
        if monotonic() - told_at > LINE_EVERY_S:
            told_at = monotonic()
            click.echo(f"{done} of {total} links", err=True)

    yield tell


commands: tuple[click.Command, ...] = (audit_group,)
