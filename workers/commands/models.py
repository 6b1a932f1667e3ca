"""`moderation models`: the releases of a site, on the command line.

What it takes to learn is imported only where a release is opened: going back is quick.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from moderation.bootstrap import DEMO_SITE
from moderation.desk.releases import SHIPPED_WORD
from moderation.errors import StaleComparisonError, WorseReleaseError
from moderation.options import (
    beside_service,
    data_dir_option,
    json_option,
    with_record,
    with_settings,
)
from moderation.releases import SHIPPED, Activation, StoredRelease
from moderation.settings import Settings
from workers.commands.following import about, outcome
from workers.commands.here import Here

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Stands in the history where `--force` came without `--reason`.
NO_REASON = "forced on the command line, no reason given"
OFF = "off"

site_option = click.option("--site", default=DEMO_SITE, show_default=True, help="Whose.")


def on_a_site(command: Callable[..., None]) -> Callable[..., None]:
    """A command about the releases of a site beside a running service."""

    @with_record
    def checked(settings: Settings, *, site: str, **flags: Any) -> None:
        command(Here.at(settings, site), **flags)

    checked.__doc__ = command.__doc__
    decorated: Any = checked
    for option in (json_option, data_dir_option, site_option):
        decorated = option(decorated)
    wrapped: Callable[..., None] = decorated
    return wrapped


@click.group()
def models() -> None:
    """Compare, promote and take back the releases of a site.

    A site runs the release that the service came with until it promotes one of its own.
    Workers change over within a second, without a restart.
    """


@models.command("list")
@site_option
@data_dir_option
@json_option
@with_settings
def list_all(settings: Settings, *, site: str, as_json: bool) -> None:
    """List the releases of a site; without a running service the shipped one."""
    found = beside_service(settings)
    here = Here.at(found, site) if found else None
    listed = [_shipped(settings, here), *(_own(here) if here else [])]
    if as_json:
        click.echo(json.dumps({"site": site if here else None, "releases": listed}))
        return
    width = max(len(one["version"]) for one in listed)
    click.echo(f"{'VERSION':{width}}  STATE      CREATED                   BY")
    for one in listed:
        shadow = ", shadow" if one["shadow"] else ""
        click.echo(
            f"{one['version']:{width}}  {one['state'] + shadow:9}  "
            f"{one['created_at']:24}  {one['created_by']}"
        )


@models.command("show")
@click.argument("version")
@on_a_site
def show(here: Here, *, version: str, as_json: bool) -> None:
    """Show what is known about the release VERSION and how it compares."""
    if version in {SHIPPED_WORD, _shipped(here.settings, here)["version"]}:
        told = _shipped(here.settings, here)
        sentences = ["the release that the service came with"]
    else:
        stored = here.record.releases.one(here.site, version)
        told, sentences = about(stored, manifest=dict(stored.manifest)), list(outcome(stored))
    if as_json:
        click.echo(json.dumps(told))
        return
    facts = ("version", "state", "created_at", "created_by", "parent")
    lines = [f"{name.replace('_', ' '):10}  {told[name]}" for name in facts if told.get(name)]
    click.echo("\n".join([*lines, *sentences]))


@models.command("promote")
@click.argument("version")
@click.option("--force", is_flag=True, help="Although it is worse, or nobody compared it.")
@click.option("--reason", default="", help="Why; stands in the history and the audit log.")
@on_a_site
def promote(
    here: Here,
    *,
    version: str,
    force: bool,
    reason: str,
    as_json: bool,
) -> None:
    """Let the release VERSION decide; "shipped" is the one that the service came with.

    It is compared with the active one first if that was not done yet. One that is worse is
    refused, and what is worse is said.
    """
    reason = reason or (NO_REASON if force else "")
    with _refused(as_json=as_json):
        try:
            activation = here.releases.promote(
                here.operator, version, force=force, reason=reason
            )
        except StaleComparisonError:
            _compare_here(here, version)
            activation = here.releases.promote(
                here.operator, version, force=force, reason=reason
            )
    _tell_active(activation, as_json=as_json)


@models.command("rollback")
@click.option("--reason", default="", help="Why; stands in the history and the audit log.")
@on_a_site
def rollback(here: Here, *, reason: str, as_json: bool) -> None:
    """Let the release decide again that did before."""
    activation = here.releases.roll_back(here.operator, reason=reason)
    _tell_active(activation, as_json=as_json)


@models.command("shadow")
@click.argument("version")
@on_a_site
def shadow(here: Here, *, version: str, as_json: bool) -> None:
    """Let the release VERSION score beside the active one without deciding; "off" ends it."""
    wanted = None if version == OFF else version
    now = here.releases.set_shadow(here.operator, wanted)
    if as_json:
        click.echo(json.dumps({"site": here.site, "shadow": now.shadow or None}))
    elif now.shadow:
        click.echo(f"{now.shadow} scores beside the active release, and decides nothing")
    else:
        click.echo("no release scores beside the active one")


@models.command("compare")
@click.argument("version")
@on_a_site
def compare(here: Here, *, version: str, as_json: bool) -> None:
    """Compare the release VERSION anew with the active one, on labels kept back."""
    _compare_here(here, version)
    _tell(here.record.releases.one(here.site, version), as_json=as_json)


@models.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@on_a_site
def import_folder(here: Here, *, folder: Path, as_json: bool) -> None:
    """Hand the release in FOLDER to a site, as a candidate."""
    from workers.stored import files_of

    files = files_of(folder)
    stored = here.record.releases.add(here.site, files, created_by=here.operator.name)
    _tell(stored, as_json=as_json)


@models.command("export")
@click.argument("version")
@click.argument("folder", type=click.Path(path_type=Path))
@on_a_site
def export(
    here: Here,
    *,
    version: str,
    folder: Path,
    as_json: bool,
) -> None:
    """Write the release VERSION into a new FOLDER, for `moderation score --model FOLDER`."""
    from workers.stored import write_files

    if folder.exists():
        raise click.ClickException(f"{folder} is there already; nothing is overwritten")
    write_files(folder, here.record.releases.files(here.site, version))
    told = {"version": version, "folder": str(folder)}
    click.echo(json.dumps(told) if as_json else f"written to {folder}")


def _shipped(settings: Settings, here: Here | None) -> dict[str, Any]:
    from workers.model import default_manifest

    manifest = default_manifest(settings)
    active = here.record.releases.assignment(here.site).active if here else SHIPPED
    return {
        "version": manifest.version,
        "state": "active" if active == SHIPPED else "shipped",
        "shadow": False,
        "created_at": str(manifest.details.get("created_at", "")),
        "created_by": "the service",
        "parent": "",
        "has_file": True,
        "metrics": next(iter(manifest.details.get("metrics", {}).values()), {}),
    }


def _own(here: Here) -> Iterator[dict[str, Any]]:
    shadow_version = here.record.releases.assignment(here.site).shadow
    for one in here.record.releases.all(here.site):
        yield about(one, shadow=one.version == shadow_version)


def _compare_here(here: Here, version: str) -> None:
    """Compares in this process."""
    from models.commands.train import watch
    from models.release_files import ReleaseError
    from workers.candidates import Bench, compare_anew
    from workers.pulse import StoppedError
    from workers.training import conduct

    training = here.trainings.compare(here.operator, version, queued=False)

    def work(bench: Bench) -> None:
        compare_anew(bench, bench.lesson(), version)

    try:
        conduct(here.record, here.settings, training, work, beside=watch)
    except (ReleaseError, StoppedError) as error:
        raise click.ClickException(str(error)) from error


@contextmanager
def _refused(*, as_json: bool) -> Iterator[None]:
    """Ends the command with what is worse about a release."""
    try:
        yield
    except WorseReleaseError as error:
        if as_json:
            click.echo(json.dumps({"error": str(error), "sentences": error.sentences}))
        lines = [str(error), *(f"  {one}" for one in error.sentences)]
        lines.append('To let it decide all the same: --force --reason "…"')
        raise click.ClickException("\n".join(lines)) from error


def _tell(stored: StoredRelease, *, as_json: bool) -> None:
    click.echo(
        json.dumps(about(stored))
        if as_json
        else "\n".join([f"release {stored.version} ({stored.state})", *outcome(stored)])
    )


def _tell_active(activation: Activation, *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(activation.to_json()))
        return
    click.echo(f"{activation.version or 'the shipped release'} decides now")
