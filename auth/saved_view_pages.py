"""The pages of saved views: kept from a list, chosen, renamed, shared, deleted. Each wing has them for its own list."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import LazyString, gettext as _, lazy_gettext as _l
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length

from auth.actors import Actor
from auth.policies import current_actor, require
from auth.roles import Permission
from auth.saved_view_commands import ChangeView, SaveView
from auth.saved_views import COUNTED, Shelf
from config.database import transaction
from config.forms import BaseForm, accepting, command_or_errors


class ViewForm(BaseForm):
    """The name of a view, and whether colleagues see it."""

    name = StringField(
        _l("Name of the view"),
        validators=[InputRequired(_l("Please fill in this field.")), Length(max=80, message=_l("This is too long."))],
    )
    is_shared = BooleanField()


class ActionForm(BaseForm):
    """What to do with a view; the new name, for renaming."""

    action = StringField()
    name = StringField(_l("Name of the view"))


@dataclass(frozen=True)
class ViewPages:
    """What the pages need to know of their list.

    `kept`: which of the list's values a view keeps; `place`: where a new view of the actor belongs, by column;
    `completed`: a view's values as the list's address takes them, never none; `in_words`: label and value of each;
    `shared_label`: who sees a view that is shared.
    """

    shelf: Shelf[Any]
    permission: Permission
    list_endpoint: str
    kept: Collection[str]
    place: Callable[[Actor, dict[str, str]], dict[str, Any]]
    completed: Callable[[dict[str, str]], dict[str, Any]]
    in_words: Callable[[dict[str, str]], Iterable[tuple[str, str]]]
    shared_label: LazyString
    list_label: LazyString
    number_label: LazyString

    def add_to(self, blueprint: Blueprint, path: str) -> None:
        """Serve them at `path` as `saved`, `save_view`, `open_view` and `change_view`."""
        for rule, endpoint, view, method in (
            (path, "saved", self._saved, "GET"),
            (path, "save_view", self._save, "POST"),
            (path + "<uuid:view_id>", "open_view", self._open, "GET"),
            (path + "<uuid:view_id>", "change_view", self._change, "POST"),
        ):
            blueprint.add_url_rule(rule, endpoint, require(self.permission)(view), methods=[method])

    def _saved(self) -> ResponseReturnValue:
        """The views that one can choose, each with how many entries there are now."""
        return self._page(ActionForm(None))

    def _save(self) -> ResponseReturnValue:
        """Keep what the list was chosen by."""
        actor, form = current_actor(), ViewForm()
        form.is_shared.label.text = self.shared_label
        chosen = {name: value for name, value in request.form.items() if value and name in self.kept}
        if form.validate_on_submit():
            command = command_or_errors(form, SaveView, wanted=chosen)
            if command is not None:
                with accepting(form):
                    place = self.place(actor, chosen)
                    with transaction():
                        self.shelf.save(command, actor=actor, **place)
                    flash(_("The view was saved."), "success")
                    return redirect(url_for(".saved"), 303)
        return render_template("auth/save_view.html", form=form, chosen=chosen), 422

    def _open(self, view_id: UUID) -> ResponseReturnValue:
        """The list that a view means. Where a filter is no longer known, the list says so."""
        view = self.shelf.view_for(current_actor(), view_id)
        if view.lost:
            flash(
                _("A filter of this view does not exist any more and was left out. Please save the view anew."),
                "warning",
            )
        return redirect(url_for(self.list_endpoint, **self.completed(view.wanted)))

    def _change(self, view_id: UUID) -> ResponseReturnValue:
        """Rename, share, delete a view, or let one's list begin with it."""
        actor, form = current_actor(), ActionForm()
        self.shelf.view_for(actor, view_id)
        if form.validate_on_submit():
            command = command_or_errors(form, ChangeView)
            if command is not None:
                with accepting(form):
                    with transaction():
                        self.shelf.change(command, view_id=view_id, actor=actor)
                    flash(_("This was noted."), "success")
                    return redirect(url_for(".saved"), 303)
        return self._page(form), 422

    def _page(self, form: BaseForm) -> str:
        views = self.shelf.views_of(current_actor(), counted=True)
        rows = [{"view": view, "words": list(self.in_words(view.wanted))} for view in views]
        return render_template(
            "auth/saved_views.html",
            rows=rows,
            form=form,
            most=COUNTED,
            all_url=url_for(self.list_endpoint, status="open"),
            list_label=self.list_label,
            number_label=self.number_label,
        )
