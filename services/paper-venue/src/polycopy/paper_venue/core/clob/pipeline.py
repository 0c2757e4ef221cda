"""A request's way through the venue, in the order of the real one: the edge, the mode of the
exchange, the caller's key, the caller's rate limit, the engine.

`enter` says how long the edge keeps a request; `respond` does everything else, once that time is
over. Faults strike at both ends. Where nothing is on, the way costs a few comparisons.
"""

from collections.abc import Callable
from typing import assert_never

import msgspec

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.clob import modes, routes
from polycopy.paper_venue.core.clob.desk import Desk
from polycopy.paper_venue.core.clob.heartbeats import SILENCE_US, Heartbeats
from polycopy.paper_venue.core.clob.modes import Modes, VenueMode
from polycopy.paper_venue.core.clob.routes import Private
from polycopy.paper_venue.core.faults.answer_faults import instead, spoiled
from polycopy.paper_venue.core.faults.fault_book import FaultBook
from polycopy.paper_venue.core.faults.rules import AFTER, BEFORE, FaultKind
from polycopy.paper_venue.core.limits import signer_limits
from polycopy.paper_venue.core.limits.edge_limits import EdgeLimits
from polycopy.paper_venue.core.limits.signer_limits import STANDARD, Limiting, SignerLimits, Spent
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.messages import Answer, Host, Request, answer
from polycopy.paper_venue.core.protocol.parsing import parsed
from polycopy.paper_venue.core.scenarios.commands import (
    ClearFaults,
    Mode,
    RestartEngine,
    SetFault,
    SetWallet,
)
from polycopy.polymarket.auth import ApiCredentials
from polycopy.schemas.ids import Wallet

Reader = Callable[[Request], Answer]
Steering = SetFault | ClearFaults | Mode | RestartEngine | SetWallet
"""Commands that the way in obeys; of a wallet, its rate limit tier."""

EDGE_WAIT_MS_MAX = 30_000
"""Longer than this the edge keeps nobody."""
_MS, _SECOND_US = 1000, 1_000_000
_HEARTBEAT, _HEARTBEAT_OLD = ("POST", "/v1/heartbeats"), ("POST", "/heartbeats")
_TIER = ("GET", "/v1/user/rate-limit-tier")
OWN = frozenset({_HEARTBEAT, _HEARTBEAT_OLD, _TIER})
_OWN_PATHS = frozenset(path for _, path in OWN)


class Pipeline:
    """One desk's way in. What is public of it is what a director turns."""

    def __init__(
        self,
        desk: Desk,
        faults: FaultBook,
        *,
        limiting: Limiting = Limiting.WARNING,
        edge_wait_ms_max: int = EDGE_WAIT_MS_MAX,
    ) -> None:
        self.faults = faults
        self._readers: dict[Host, Reader] = {}
        self._desk = desk
        self._limiting = limiting
        self._edge_wait_us_max = edge_wait_ms_max * _MS
        self._tier, self._silence_ms = STANDARD.name, SILENCE_US // _MS
        self.forget()

    def read_with(self, host: Host, reader: Reader) -> None:
        """Who answers for an address besides the CLOB's, where there is neither key nor mode."""
        self._readers[host] = reader

    def forget(self) -> None:
        """As at the start, but for the faults, which are the director's."""
        self.modes = Modes()
        self.signers = SignerLimits()
        self.heartbeats = Heartbeats(self._desk.exchange.seed)
        self._edge: EdgeLimits | None = None
        self.turn(self._limiting, tier=self._tier, silence_ms=self._silence_ms)

    def turn(self, limiting: Limiting, *, tier: str, silence_ms: int) -> None:
        """How far limits go, of which tier those are who have none of their own, and after which
        silence an armed key loses its orders. Buckets keep what they hold."""
        self._limiting, self._tier, self._silence_ms = limiting, tier, silence_ms
        self.signers.put_others(tier)
        self.heartbeats.silence_us = silence_ms * _MS
        if limiting is not Limiting.ENFORCED:
            self._edge = None
        elif self._edge is None:
            self._edge = EdgeLimits(wait_us_max=self._edge_wait_us_max)

    def steer(self, command: Steering, now_us: int) -> None:
        """What a director wants of the way in."""
        match command:
            case SetFault():
                self.faults.set(command.fault)
            case ClearFaults():
                self.faults.clear(command.name)
            case Mode():
                self.modes.set(VenueMode(command.mode), now_us, for_ms=command.for_ms)
            case RestartEngine():
                self.modes.restart(
                    now_us,
                    restarting_ms=command.restarting_ms,
                    post_only_ms=command.post_only_ms,
                )
            case SetWallet():
                self._rate(command)
            case _:
                assert_never(command)

    def enter(self, request: Request) -> Answer | int:
        """The answer, where the edge gives it; else after how many milliseconds the venue looks
        at the request. To be called once a request."""
        wait_ms = 0
        if not self.faults.quiet:
            on = f"{request.method} {request.path}"
            fault = self.faults.strike_request(on, *self._wallets(request), kinds=BEFORE)
            if fault is not None:
                given = instead(fault)
                if given is not None:
                    return given
                if fault.kind is FaultKind.KEY_LAPSED:
                    self._desk.keys.lapse(request.headers.api_key)
                else:
                    wait_ms = fault.delay_ms
        if self._edge is None:
            return wait_ms
        queued = self._edge.queued(request)
        if queued.full:
            wait_s = -(-queued.wait_us // _SECOND_US)
            body = wire.error(refusals.TOO_MANY_REQUESTS.text)
            return Answer(429, body, (("Retry-After", str(wait_s)),))
        return wait_ms + -(-queued.wait_us // _MS)

    def respond(self, request: Request) -> Answer:
        """What the venue answers. `received_at_us` is when it looks at it."""
        clob = request.host is Host.CLOB
        given = self._respond(request) if clob else self._readers[request.host](request)
        if self.faults.quiet:
            return given
        on = f"{request.method} {request.path}"
        fault = self.faults.strike_request(on, *self._wallets(request), kinds=AFTER)
        return given if fault is None else spoiled(given, fault)

    def _respond(self, request: Request) -> Answer:
        phase = self.modes.at(request.received_at_us)
        given = None
        if phase.mode is not VenueMode.OPEN:
            given = modes.refused(
                phase, request.method, request.path, request.body, request.received_at_us
            )
        if given is None and request.path in _OWN_PATHS:
            given = self._own(request)
        if given is None:
            given = routes.respond(self._desk, request, self._metered)
        return given

    def fall_silent(self, now_us: int) -> None:
        """Cancel all orders of every key whose heartbeats have stopped."""
        for api_key in self.heartbeats.fallen_silent(now_us):
            self._desk.cancel(api_key, self._desk.open_orders(api_key), now_us)

    def _rate(self, command: SetWallet) -> None:
        """A tier is the signer's, whose API key it is, whichever of its wallets is named."""
        if command.tier is not None:
            account = self._desk.exchange.accounts.get(Wallet(command.wallet.lower()))
            signer = command.wallet if account is None else account.holder
            self.signers.put(signer, command.tier)

    def _own(self, request: Request) -> Answer:
        """Endpoints that are about the way itself."""
        asked = (request.method, request.path)
        if asked not in OWN:
            return answer(refusals.METHOD_NOT_ALLOWED)
        caller = self._desk.keys.caller(request)
        if caller is None:
            return answer(refusals.UNAUTHORIZED)
        if asked == _TIER:
            return Answer(200, wire.encode(self.signers.told(caller.address)))
        if asked == _HEARTBEAT:
            return self.heartbeats.beat(caller.api_key, request.body, request.received_at_us)
        return self.heartbeats.beat_simply(caller.api_key, request.received_at_us)

    def _metered(
        self, private: Private, desk: Desk, request: Request, caller: ApiCredentials
    ) -> Answer:
        cost = None
        if self._limiting is not Limiting.OFF:
            cost = signer_limits.cost(request.method, request.path, request.body)
        if cost is None:
            return self._done(private, desk, request, caller)
        now_us = request.received_at_us
        spent = self.signers.spend(caller.address, cost, now_us)
        if spent.short and self._limiting is Limiting.ENFORCED:
            wait = (("Retry-After", str(spent.retry_after_s)),) if spent.retry_after_s else ()
            body = wire.error(refusals.TOO_MANY_REQUESTS.text)
            return Answer(refusals.TOO_MANY_REQUESTS.status, body, (*_limits(spent), *wait))
        given = self._done(private, desk, request, caller)
        if cost.each and not spent.short:
            spent = self.signers.owe(caller.address, _cancelled(given.body), now_us)
        headers = (*given.headers, *_limits(spent, warned=spent.short))
        return Answer(given.status, given.body, headers, given.delay_ms)

    def _done(
        self, private: Private, desk: Desk, request: Request, caller: ApiCredentials
    ) -> Answer:
        batch = request.path == "/orders" and request.method == "POST"
        if batch and self.modes.at(request.received_at_us).mode is VenueMode.POST_ONLY:
            return _makers_only(private, desk, request, caller)
        return private(desk, request, caller)

    def _wallets(self, request: Request) -> tuple[str, ...]:
        """Whom a narrowed fault may mean; nobody while none is narrowed."""
        if not self.faults.by_wallet:
            return ()
        placing = request.method == "POST" and request.path in ("/order", "/orders")
        makers = _makers(request.body) if placing else ()
        owner = Wallet(request.headers.address.lower())
        return (owner, *self._desk.exchange.wallets_of.get(owner, ()), *makers)


class _Maker(msgspec.Struct):
    maker: str = ""


class _Post(msgspec.Struct):
    order: _Maker


class _Cancelled(msgspec.Struct):
    canceled: list[str] = []


def _makers(body: bytes) -> tuple[str, ...]:
    """Of one order or of a batch; nobody where the body cannot be read."""
    one = parsed(body, _Post)
    held = [one] if one else parsed(body, list[_Post]) or []
    return tuple(post.order.maker.lower() for post in held)


def _cancelled(body: bytes) -> int:
    """Of the venue's own answer; none where that is a refusal."""
    return len(msgspec.json.decode(body, type=_Cancelled).canceled)


def _limits(spent: Spent, *, warned: bool = False) -> tuple[tuple[str, str], ...]:
    """Headers. A warning is given only by a venue that warns: one that enforces answers 429."""
    told = (
        ("Poly-RateLimit-Remaining", str(spent.remaining)),
        ("Poly-RateLimit-Reset", str(spent.reset_s)),
        ("Poly-RateLimit-Tier", spent.tier.name),
    )
    return (*told, ("Poly-RateLimit-Warning", "true")) if warned else told


def _makers_only(private: Private, desk: Desk, request: Request, caller: ApiCredentials) -> Answer:
    """A batch in post-only mode: the orders that may rest are done, the others told."""
    raws = parsed(request.body, list[msgspec.Raw])
    if raws is None:
        return private(desk, request, caller)
    resting = [modes.is_post_only(bytes(raw)) for raw in raws]
    if all(resting) or len(raws) > routes.BATCH_MAX:
        return private(desk, request, caller)
    kept = [raw for raw, rests in zip(raws, resting, strict=True) if rests]
    legs: list[msgspec.Raw] = []
    if kept:
        given = private(desk, msgspec.structs.replace(request, body=wire.encode(kept)), caller)
        legs = msgspec.json.decode(given.body, type=list[msgspec.Raw])
    done = iter(legs)
    refused = msgspec.Raw(wire.encode(wire.post_only_leg(refusals.POST_ONLY.text)))
    return Answer(200, wire.encode([next(done) if rests else refused for rests in resting]))
