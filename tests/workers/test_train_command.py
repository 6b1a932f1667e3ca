"""`moderation train` beside a service and without one, and `moderation models` after it."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from models.release_files import load, shipped
from moderation.bootstrap import DEMO_SITE
from moderation.cli import main
from moderation.record import Record
from moderation.settings import Settings
from moderation.trainings import TrainingState
from tests.command_lines import told
from tests.labelled_comments import labelled_comments, write_csv
from tests.releases import WORSE, files_of
from tests.workers.training_kit import add_labels, trainer_process, wait_for_trainer
from workers.commands.models import NO_REASON

Run = Callable[..., Result]


@pytest.fixture
def run(
    runner: CliRunner,
    record: Record,
    redis_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Run:
    """Types a command beside the record."""
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: object) -> Result:
        typed = [str(one) for one in arguments]
        return runner.invoke(main, typed, env={"MODERATION_REDIS_URL": redis_url})

    return invoke


@pytest.fixture
def alone(runner: CliRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Types a command where no service runs."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MODERATION_REDIS_URL", raising=False)
    return lambda *arguments: runner.invoke(main, [str(one) for one in arguments])


@pytest.fixture
def trainer(
    settings: Settings, record: Record, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[subprocess.Popen[bytes]]:
    with trainer_process(settings, tmp_path_factory.mktemp("trainer")) as process:
        wait_for_trainer(record)
        yield process


def test_labels_become_a_candidate_that_is_promoted_and_rolled_back(run: Run, record: Record):
    # Given
    add_labels(record, 300)

    # When it is trained
    trained = told(run("train", "--json"))

    # Then it is at the site, with its figures and its run, and nothing is in this folder
    version = trained["version"]
    assert {"metrics", "evaluation", "difference", "parent"} <= set(trained)
    assert trained["metrics"]["label"]["rows"] > 0
    stored = record.releases.one(DEMO_SITE, version)
    assert stored.evaluation == trained["evaluation"]
    [training] = record.trainings.recent(DEMO_SITE)
    assert (training.state, training.candidate) == (TrainingState.DONE, version)
    assert training.started_by == "command line"
    assert not list(Path().iterdir())
    listed = told(run("models", "list", "--json"))["releases"]
    assert [(one["version"], one["state"]) for one in listed] == [
        (load(shipped()).version, "active"),
        (version, "candidate"),
    ]

    # And it decides when it is promoted, until that is taken back.
    assert told(run("models", "shadow", version, "--json"))["shadow"] == version
    told(run("models", "promote", version, "--json"))
    assert record.releases.assignment(DEMO_SITE).active == version
    shown = run("models", "show", version)
    assert "active" in shown.stdout
    assert "compared with" in shown.stdout
    told(run("models", "rollback", "--json"))
    assert record.releases.assignment(DEMO_SITE).active == ""
    nothing = run("models", "rollback")
    assert nothing.exit_code == 1


def test_a_worse_candidate_is_refused_and_can_be_forced(run: Run, record: Record):
    # Given a release that was compared and found worse than what decides
    version = "turned-over"
    record.releases.add(
        DEMO_SITE,
        files_of(version),
        created_by="anna",
        evaluation=WORSE,
        compared_with=load(shipped()).version,
    )

    # When
    refused = run("models", "promote", version)
    forced = run("models", "promote", version, "--force")

    # Then
    assert refused.exit_code == 1
    assert WORSE["sentences"][0] in refused.stderr
    assert "--force" in refused.stderr
    assert forced.exit_code == 0, forced.output
    [activation] = record.releases.activations(DEMO_SITE)
    assert (activation.forced, activation.reason) == (True, NO_REASON)


def test_a_release_goes_out_and_in_and_is_compared_when_it_is_promoted(
    run: Run, record: Record, tmp_path: Path
):
    # Given a release that was trained elsewhere, from labels and a file
    record.sites.create("other", "Other")
    add_labels(record, 200)
    more = write_csv(tmp_path / "more.csv", labelled_comments(100, seed=2))
    trained = told(run("train", "--data", more, "--output", "mine", "--json"))
    assert trained["comments"] == 300
    version = trained["version"]
    assert load(tmp_path / "mine").version == version

    # When
    told(run("models", "export", version, "out", "--json"))
    imported = told(run("models", "import", "out", "--site", "other", "--json"))
    unknown = run("models", "export", "2020-none", "nowhere")
    again = run("models", "export", version, "out")

    # Then
    assert load(tmp_path / "out").version == version
    assert imported["version"] == version
    assert imported["evaluation"] is None
    assert (unknown.exit_code, again.exit_code) == (1, 1)
    assert "2020-none" in unknown.stderr
    told(run("models", "promote", version, "--site", "other", "--json"))
    stored = record.releases.one("other", version)
    assert stored.compared_with == load(shipped()).version
    assert record.releases.assignment("other").active == version


def test_the_trainer_does_it_in_the_background(
    run: Run, record: Record, trainer: subprocess.Popen[bytes]
):
    add_labels(record, 300)

    trained = told(run("train", "--background", "--json"))

    assert record.releases.one(DEMO_SITE, trained["version"]).training == trained["training"]
    assert trained["metrics"]["label"]["rows"] > 0


def test_too_few_labels_end_with_what_is_missing(run: Run, record: Record):
    add_labels(record, 12)

    result = run("train")

    assert result.exit_code == 2
    assert "labelled 1" in result.stderr
    [training] = record.trainings.recent(DEMO_SITE)
    assert training.state is TrainingState.FAILED


def test_one_that_runs_already_is_named(run: Run, record: Record):
    first = told(run("train", "--background", "--no-wait", "--json"))

    second = run("train")

    assert first["state"] == "queued"
    assert second.exit_code == 1
    assert "started by command line" in second.stderr


def test_without_a_trainer_it_says_what_to_start(run: Run):
    result = run("train", "--background", "--no-wait")

    assert "moderation trainer" in result.stderr


def test_the_schedule_is_set_and_switched_off(run: Run, record: Record):
    scheduled = told(run("train", "--schedule", "30 3 * * *", "--json"))
    refused = run("train", "--schedule", "tonight")

    assert scheduled["cron"] == "30 3 * * *"
    assert refused.exit_code == 1
    assert "30 3 * * *" in refused.stderr
    assert "not trained" in run("train", "--schedule", "off").stdout
    assert record.schedules.all() == {}


def test_unknown_sites_are_refused(run: Run):
    for command in (["train"], ["models", "list"], ["models", "rollback"]):
        result = run(*command, "--site", "nowhere")
        assert result.exit_code == 1
        assert "no site 'nowhere'" in result.stderr


def test_without_a_service_it_trains_from_files_into_a_folder(alone: Run, tmp_path: Path):
    path = write_csv(tmp_path / "labelled.csv", labelled_comments(300))

    result = alone("train", "--data", path, "--output", "mine", "--json")

    trained = told(result)
    assert trained["folder"] == "mine"
    assert load(tmp_path / "mine").version == trained["version"]
    assert "moderation models import" in result.stderr


def test_without_a_service_and_files_it_says_what_to_do(alone: Run):
    result = alone("train")

    assert result.exit_code == 1
    assert "moderation run" in result.stderr
    assert "--data FILE" in result.stderr


def test_without_a_service_the_shipped_release_is_listed(alone: Run):
    listed = told(alone("models", "list", "--json"))

    assert [one["version"] for one in listed["releases"]] == [load(shipped()).version]
    assert alone("models", "rollback").exit_code == 1


def test_what_is_no_release_is_not_imported(run: Run, tmp_path: Path, record: Record):
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "release.json").write_text('{"schema": 2, "version": "x"}')

    result = run("models", "import", "bad")

    assert result.exit_code == 1
    assert "cannot be used" in result.stderr
    assert record.releases.all(DEMO_SITE) == []
