"""`obhut retention`, and what `obhut doctor` says about data protection."""

import pytest

from auth.retention_cli import retention
from care.models import Case
from config.command_line import doctor
from config.command_line.ailments import Ailment
from config.database import db
from tests.factories.privacy import close, rich_case


def test_a_dry_run_prints_the_table_and_a_run_works_it_off(house, time):
    case = rich_case("Qwazel")
    close(case)
    time.forward(days=40)
    runner = house.test_cli_runner()
    dry = runner.invoke(retention, ["run", "--dry-run"])
    assert dry.exit_code == 0, dry.output
    row = next(line.split() for line in dry.output.splitlines() if line.startswith("care.symptoms"))
    assert row == ["care.symptoms", "1", "0", "0", "0"]
    done = runner.invoke(retention, ["run"])
    row = next(line.split() for line in done.output.splitlines() if line.startswith("care.symptoms"))
    assert row == ["care.symptoms", "1", "0", "0", "1"]
    assert "Qwazel" not in done.output
    db.session.expire_all()
    assert db.session.get_one(Case, case.id).health_erased_at is not None
    again = runner.invoke(retention, ["re-erase"])
    assert again.exit_code == 0
    assert again.output.startswith("0 ")
    assert runner.invoke(retention, ["run", "--wrong"]).exit_code == 2


def test_doctor_wants_contacts_in_production(settings):
    check = doctor._data_protection
    assert check(settings) == "Stadt Braunschweig"
    production = settings.model_copy(update={"env": "production"})
    with pytest.raises(Ailment, match="OBHUT_PRIVACY_CONTROLLER, OBHUT_PRIVACY_OFFICER, OBHUT_PRIVACY_AUTHORITY"):
        check(production)
