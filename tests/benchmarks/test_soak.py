"""The soak: its rounds leave no comment behind, and a leak shows in its figures."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from benchmarks.soak import Rounds, Sample, report, trend, warmed_up
from benchmarks.stand import StandError
from moderation import embedded
from moderation.record import Record
from moderation.settings import Settings
from tests.conftest import API_KEY, Service


def samples(*held: float, step_s: float = 60.0, requests: int = 1_000) -> list[Sample]:
    return [
        Sample(step_s * at, requests * at, {"worker, 1": mb}, redis_mb=10.0)
        for at, mb in enumerate(held)
    ]


@pytest.mark.service
@pytest.mark.timeout(300)
def test_a_round_decides_reads_and_erases_all_that_it_posts(service: Service) -> None:
    parts = urlsplit(service.url)
    record = Record(Settings(redis_url=embedded.embedded_url(service.data_dir)))
    address = (str(parts.hostname), int(parts.port or 0))
    rounds = Rounds(address, record, API_KEY, singles=6, batched=4)

    rounds.one()

    assert rounds.comments == 10
    assert rounds.requests > 2 * rounds.comments
    with service.client() as client:
        found = [client.get(f"/v1/comments/soak-0-{at}").status_code for at in range(10)]
    assert found == [404] * 10


def test_what_grows_is_told_by_the_hour_and_by_the_request() -> None:
    kept = samples(100, 101, 102, 103)

    found = trend(kept, [one.processes["worker, 1"] for one in kept])

    assert found.first_mb == pytest.approx(100)
    assert found.mb_per_hour == pytest.approx(60)
    assert found.mb_per_million == pytest.approx(1_000)
    assert not found.is_flat


@pytest.mark.parametrize("held", [[100, 100.4, 99.8, 100.1], [100, 90, 80, 70]])
def test_noise_and_what_falls_is_flat(held: list[float]) -> None:
    assert trend(samples(*held), held).is_flat


def test_the_warm_up_does_not_count() -> None:
    kept = warmed_up(samples(10, 50, 90, 100, 100, 100, 100, 100, 100))

    assert [one.processes["worker, 1"] for one in kept] == [100] * 6


def test_a_process_that_was_started_anew_has_no_trend() -> None:
    broken = samples(100, 100, 100, 100)
    broken[-1] = Sample(300, 5_000, {"worker, 2": 80}, redis_mb=10.0)

    with pytest.raises(StandError, match="longer"):
        warmed_up(broken)


def test_a_leak_is_in_the_report() -> None:
    rounds = Rounds(("127.0.0.1", 1), None, "key", requests=3_000, comments=600)  # type: ignore[arg-type]

    leaking = report(samples(100, 110, 120, 130), rounds)

    assert "| worker, 1 | 100.0 | 130.0 | +600.0 | +10000 | NO |" in leaking
    assert report(samples(100, 100, 100), rounds).count("| yes |") == 1
