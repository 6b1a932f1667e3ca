"""The record: all that the service knows, in Redis. Nobody else touches Redis.

`Record` puts the parts together for one shard. Opening it sends nothing.
"""

from __future__ import annotations

import redis

from moderation.addresses import AddressForm, AddressKeeper
from moderation.errors import SettingsError
from moderation.record.acts import Acts
from moderation.record.audit import Audit
from moderation.record.backlog import Backlog
from moderation.record.batches import Batches
from moderation.record.checking import Checker
from moderation.record.claims import Claims
from moderation.record.cluster import is_cluster
from moderation.record.comments import Comments
from moderation.record.connection import connect
from moderation.record.coral import CoralSecrets
from moderation.record.daily import Daily
from moderation.record.decisions import Decisions
from moderation.record.deliveries import Deliveries
from moderation.record.doorbell import Doorbell
from moderation.record.dossiers import Dossiers
from moderation.record.event_streams import EventStreams
from moderation.record.held import HeldQueue
from moderation.record.keys import Keys
from moderation.record.labels import Labels
from moderation.record.moderators import Moderators
from moderation.record.operations import Operations
from moderation.record.opinions import Opinions
from moderation.record.policies import Policies
from moderation.record.precedents import Precedents
from moderation.record.pressure import Pressure
from moderation.record.queue import Queue
from moderation.record.rates import Rate, Rates
from moderation.record.releases import Releases
from moderation.record.retention import Retentions
from moderation.record.review import Review
from moderation.record.schedules import Schedules
from moderation.record.scripts import Scripts
from moderation.record.server import Server
from moderation.record.sessions import Sessions
from moderation.record.shadows import Shadows
from moderation.record.sites import Sites
from moderation.record.throttle import Throttle
from moderation.record.tokens import Tokens
from moderation.record.trainings import Trainings
from moderation.record.upkeep import Upkeep
from moderation.record.webhooks import Webhooks
from moderation.record.whole import WholeComments
from moderation.settings import Settings

#: The one shard of a service on a single Redis.
ONLY_SHARD = "0"


class Record:
    """One shard of the record, opened lazily from the settings."""

    def __init__(self, settings: Settings, shard: str = ONLY_SHARD) -> None:
        keys = Keys(shard)
        route = keys("bell")
        connection = connect(settings.redis_url, routing_key=route)
        raw = connect(settings.redis_url, text=False, routing_key=route)
        self.rq_connection = _connect_rq(settings, raw)
        waited = settings.replicas_waited
        scripts = Scripts(connection, keys, replicas_waited=waited)
        doorbell = Doorbell(self.rq_connection, shard)
        kept = settings.decisions_kept
        rate = Rate(settings.rate_limit, settings.rate_window_s)
        self.shard = shard
        self.connection = connection
        self.comments = Comments(
            connection,
            keys,
            Scripts(connection, keys, replicas_waited=waited),
            doorbell,
            idempotency_ttl_s=settings.idempotency_ttl_s,
            rate=rate,
        )
        self.decisions = Decisions(connection, keys, scripts, kept=kept)
        self.event_streams = EventStreams(connection, keys, scripts, most=settings.max_streams)
        self.queue = Queue(connection, keys, scripts, doorbell, decisions_kept=kept)
        self.sites = Sites(connection, keys, Scripts(connection, keys), rate=rate)
        self.rates = Rates(connection, keys, scripts, rate=rate)
        self.pressure = Pressure(scripts)
        self.policies = Policies(connection, keys, scripts)
        self.precedents = Precedents(connection, keys)
        self.moderators = Moderators(connection, keys)
        self.tokens = Tokens(connection, keys)
        self.sessions = Sessions(connection, keys)
        self.operations = Operations(connection, keys)
        self.server = Server(connection)
        self.backlog = Backlog(connection, keys)
        secret = self.operations.cursor_secret
        self.addresses = AddressKeeper(AddressForm(settings.ip_addresses), secret)
        self.throttle = Throttle(scripts, connection, keys, secret)
        self.held = HeldQueue(connection, keys, scripts)
        self.review = Review(connection, keys)
        self.claims = Claims(connection, keys, scripts)
        self.dossiers = Dossiers(connection, keys, self.claims)
        self.acts = Acts(connection, keys)
        self.audit = Audit(connection, keys)
        self.daily = Daily(connection, keys)
        self.batches = Batches(connection, keys, scripts)
        self.labels = Labels(connection, keys)
        self.opinions = Opinions(connection, keys, scripts)
        self.trainings = Trainings(connection, self.rq_connection, keys, scripts)
        self.schedules = Schedules(connection, keys)
        self.releases = Releases(connection, raw, keys, scripts)
        self.shadows = Shadows(connection, keys)
        self.coral = CoralSecrets(connection, keys)
        self.webhooks = Webhooks(connection, keys, scripts)
        self.whole = WholeComments(connection, keys)
        self.retentions = Retentions(connection, keys, scripts)
        self.upkeep = Upkeep(connection, keys, scripts)
        self.checker = Checker(connection, keys, scripts)
        self.deliveries = Deliveries(connection, self.rq_connection, keys, scripts)

    def prepare(self) -> None:
        """Writes what must be there before the first request or job; repeatable."""
        self.operations.prepare()
        self.queue.prepare()


def _connect_rq(settings: Settings, raw: redis.Redis) -> redis.Redis:
    if settings.rq_url:
        return connect(settings.rq_url, text=False)
    if is_cluster(settings.redis_url):
        raise SettingsError("RQ does not run on a cluster: name a Redis in MODERATION_RQ_URL")
    return raw
