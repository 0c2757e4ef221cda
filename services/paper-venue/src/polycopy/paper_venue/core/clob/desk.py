"""The exchange behind its counter: who may ask, what is done, what is told to whom.

A `Desk` changes its exchange through facts only and keeps them, with the messages that they cause,
until `drain` is called: the caller does the sending.
"""

from collections.abc import Iterable, Sequence

import msgspec

from polycopy.paper_venue.core import refusals
from polycopy.paper_venue.core.engine import clearing
from polycopy.paper_venue.core.engine.exchange import Exchange, evolve
from polycopy.paper_venue.core.engine.facts import AccountOpened, AnyFact, TradeStatus
from polycopy.paper_venue.core.engine.market import Ladder, Market
from polycopy.paper_venue.core.engine.orders import Asked, Terms
from polycopy.paper_venue.core.engine.placing import Twist, Twisting, place, resume, straight
from polycopy.paper_venue.core.faults.mishaps import Mishaps, NoMishaps, kinds_for, twist
from polycopy.paper_venue.core.kept import Kept
from polycopy.paper_venue.core.protocol import wire
from polycopy.paper_venue.core.protocol.messages import Answer, Request, answer
from polycopy.paper_venue.core.refusals import Refusal
from polycopy.paper_venue.core.signing import asking
from polycopy.paper_venue.core.signing.key_ring import KeyRing
from polycopy.paper_venue.core.signing.wallets import deposit_wallets, wallet_of
from polycopy.paper_venue.core.streams.notices import Listens, Notice, everybody, notices
from polycopy.polymarket.auth import ApiCredentials
from polycopy.polymarket.order_body import PostBody, parse_post_body
from polycopy.polymarket.order_hash import POLY_1271
from polycopy.polymarket.wire import Unreadable
from polycopy.schemas.ids import ConditionId, TokenId, VenueOrderId, VenueTradeId, Wallet


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One order that somebody tried to place, and the engine's answer. `accepted`: the venue has
    it from then on, whatever a fault answered."""

    venue_order_id: str
    received_at_us: int
    accepted: bool
    http_status: int
    answer: str
    token_id: str = ""
    side: str = ""
    order_type: str = ""
    maker: str = ""
    maker_amount_micros: int = 0
    taker_amount_micros: int = 0


class Drained(msgspec.Struct, frozen=True, kw_only=True):
    """What happened since the last time."""

    facts: tuple[AnyFact, ...]
    notices: tuple[Notice, ...]


class Newcomers(msgspec.Struct, frozen=True, kw_only=True):
    """What a wallet gets that is new: paper money, an allowance (None: without end). `legacy`: it
    may sign in every way, as those from before the deposit wallets. Its API key is known only
    `key_delay_ms` later."""

    balance_micros: int
    allowance_micros: int | None = None
    legacy: bool = True
    key_delay_ms: int = 0

    def opened(
        self, address: Wallet, holder: Wallet, signature_type: int, *, named: bool = False
    ) -> AccountOpened:
        return AccountOpened(
            address=address,
            holder=holder,
            cash_micros=self.balance_micros,
            signature_type=signature_type,
            named=named,
            legacy=self.legacy,
            allowance_micros=self.allowance_micros,
        )


class Desk:
    """One exchange and the keys to it. Of every new wallet is true what `newcomers` says then.
    `attempts` is where orders are noted."""

    def __init__(
        self,
        exchange: Exchange,
        *,
        newcomers: Newcomers,
        attempts: Kept[Attempt],
        mishaps: Mishaps | None = None,
        key_seed: str = "",
    ) -> None:
        """`key_seed`: what API keys are functions of; without it the exchange's."""
        self.exchange = exchange
        self._past: dict[ConditionId, Market] = {}
        self._mishaps = mishaps or NoMishaps()
        self._attempts = attempts
        self.keys = KeyRing(key_seed or exchange.seed)
        self.newcomers = newcomers
        self._facts: list[AnyFact] = []
        self._notices: list[Notice] = []
        self._listens: Listens = everybody

    def tell_only(self, listens: Listens) -> None:
        """From now on messages are made for those API keys only for which `listens` is true."""
        self._listens = listens

    def drain(self) -> Drained:
        drained = Drained(facts=tuple(self._facts), notices=tuple(self._notices))
        self._facts.clear()
        self._notices.clear()
        return drained

    def sign_in(self, request: Request, *, create: bool) -> Answer:
        """L1: create or derive the API key of a wallet, which gets its paper money with it."""
        delay_ms = self.newcomers.key_delay_ms
        credentials = self.keys.sign_in(request, create=create, delay_ms=delay_ms)
        if isinstance(credentials, Refusal):
            return answer(credentials)
        self._open(Wallet(credentials.address), credentials, 0)
        return answer(
            {
                "apiKey": credentials.api_key,
                "secret": credentials.secret,
                "passphrase": credentials.passphrase,
            }
        )

    def post_order(self, raw: bytes, caller: ApiCredentials, at_us: int) -> tuple[Answer, str]:
        """One order: the answer, and the text of the "no" where it is one."""
        post = parse_post_body(raw)
        if isinstance(post, Unreadable):
            return self._noted(None, "", refusals.INVALID_PAYLOAD, at_us)
        held = self.exchange.book_of(post.fields.token_id)
        neg_risk = held is not None and held.market.neg_risk
        order_id = asking.order_id(post.fields, neg_risk=neg_risk)
        if isinstance(order_id, Refusal):
            return self._noted(post, "", order_id, at_us)
        asked = asking.asked(post, caller, order_id=order_id, neg_risk=neg_risk)
        if isinstance(asked, Asked) and not self._own(asked, caller):
            asked = refusals.SIGNER_IS_NOT_KEY
        if isinstance(asked, Refusal):
            return self._noted(post, order_id, asked, at_us)
        wallets = (asked.maker, caller.address)
        placed = place(self.exchange, asked, at_us, self._twisting(wallets))
        self._happen(placed.facts, at_us)
        if placed.trades and self._mishaps.strike("balance", *wallets):
            self._happen(clearing.left_stale(placed.trades, at_us), at_us)
        reply = placed.refusal or wire.post_answer(placed, order_id, asked.side)
        return self._noted(post, order_id, reply, at_us, taken=placed.taken_in)

    def _twisting(self, wallets: tuple[str, ...]) -> Twisting:
        """What goes wrong with an order of theirs."""
        if not self._mishaps.strikes_at("order"):
            return straight

        def twisting(wanted: Terms, *, marketable: bool) -> Twist:
            kinds = kinds_for(wanted, marketable=marketable)
            return twist(self._mishaps.strike("order", *wallets, kinds=kinds))

        return twisting

    def cancel(self, owner: str, order_ids: list[str], at_us: int) -> wire.Body:
        """`canceled` and, with the venue's reasons, `not_canceled`."""
        canceled: list[str] = []
        kept: dict[str, str] = {}
        for order_id in order_ids:
            done = clearing.cancel(self.exchange, owner, VenueOrderId(order_id.lower()), at_us)
            if isinstance(done, str):
                kept[order_id] = done
            else:
                self._happen([done], at_us)
                canceled.append(order_id)
        return {"canceled": canceled, "not_canceled": kept}

    def open_orders(self, owner: str, *, market: str = "", asset_id: str = "") -> list[str]:
        """Ids of the caller's live orders, narrowed where a market or a token is named."""
        found: list[str] = []
        for order_id in self.exchange.orders_of.get(owner, {}):
            token = self.exchange.orders[order_id].terms.token_id
            if market in ("", self.exchange.conditions[token]) and asset_id in ("", token):
                found.append(order_id)
        return found

    def put_ladder(self, condition_id: ConditionId, ladder: Ladder, at_us: int) -> None:
        self._happen(clearing.put_ladder(self.exchange, condition_id, ladder, at_us), at_us)

    def advance(self, trade_id: VenueTradeId, status: TradeStatus, at_us: int) -> None:
        self._happen([clearing.advance(self.exchange, trade_id, status, at_us)], at_us)

    def expire(self, order_id: VenueOrderId, at_us: int) -> None:
        self._happen(clearing.expire(self.exchange, order_id, at_us), at_us)

    def resume(self, order_id: VenueOrderId, at_us: int, *, unmatched: bool) -> None:
        """The taker delay of an order is over."""
        if unmatched:
            terms = self.exchange.orders[order_id].terms
            self._happen(clearing.withdraw(self.exchange, terms, at_us), at_us)
        self._happen(resume(self.exchange, order_id, at_us), at_us)

    def wallet_of(self, caller: ApiCredentials, signature_type: int) -> Wallet | None:
        """The caller's wallet of a signature type. As long as it has used none, the one of any type
        that follows from its key, opened with that; afterwards None for a type that it has not
        used: at the venue the wrong type reads 0."""
        owner = Wallet(caller.address)
        held = [self.exchange.accounts[each] for each in self.exchange.wallets_of.get(owner, ())]
        used = [account for account in held if account.used]
        for account in used or held:
            if account.signature_type == signature_type:
                return account.address
        if used:
            return None
        wallet = wallet_of(owner, signature_type)
        self._open(wallet, caller, signature_type)
        return wallet

    def refresh(self, wallet: Wallet, token_id: TokenId, at_us: int) -> None:
        """Read anew what the venue has cached of a wallet's balance."""
        self._happen(clearing.refreshed(wallet, token_id, at_us), at_us)

    def direct(self, facts: Iterable[AnyFact], at_us: int) -> None:
        """What a director decided."""
        self._happen(list(facts), at_us)

    def forget(self, exchange: Exchange) -> None:
        """Begin again with another exchange: no order, no trade, no key is known any more."""
        self._past |= {held: book.market for held, book in self.exchange.books.items()}
        self.exchange = exchange
        self.keys.forget()

    def market_of(self, condition_id: ConditionId) -> Market:
        """Also of one that was forgotten: the chain, which tells of it, has not."""
        book = self.exchange.books.get(condition_id)
        return self._past[condition_id] if book is None else book.market

    def _own(self, asked: Asked, caller: ApiCredentials) -> bool:
        """Whether the caller may trade for the maker. A deposit wallet is one that follows from its
        key, or that a director gave it."""
        if asked.signature_type == POLY_1271:
            known = self.exchange.accounts.get(asked.maker)
            given = known is not None and known.signature_type == POLY_1271
            if not given and asked.maker not in deposit_wallets(Wallet(caller.address)):
                return False
        return self._open(asked.maker, caller, asked.signature_type)

    def _open(self, address: Wallet, caller: ApiCredentials, signature_type: int) -> bool:
        """Paper money for a wallet that is new; False where it is another key's."""
        account = self.exchange.accounts.get(address)
        if account is not None:
            return account.holder == caller.address
        self._fold(self.newcomers.opened(address, Wallet(caller.address), signature_type))
        return True

    def _happen(self, facts: Sequence[AnyFact], at_us: int) -> None:
        """Each, and what it does to orders that it leaves unpaid."""
        for fact in facts:
            self._fold(fact)
            if isinstance(fact, clearing.TAKES_AWAY):
                for closed in clearing.uncovered(self.exchange, fact, at_us):
                    self._fold(closed)

    def _fold(self, fact: AnyFact) -> None:
        evolve(self.exchange, fact)
        self._facts.append(fact)
        # Now and not later: a message tells the state right after its fact.
        self._notices.extend(notices(self.exchange, fact, self._listens))

    def _noted(
        self,
        post: PostBody | None,
        order_id: str,
        reply: wire.Body | Refusal,
        at_us: int,
        *,
        taken: bool = False,
    ) -> tuple[Answer, str]:
        given = answer(reply)
        fields = None if post is None else post.fields
        self._attempts.append(
            Attempt(
                venue_order_id=order_id,
                received_at_us=at_us,
                accepted=taken,
                http_status=given.status,
                answer=given.body.decode(),
                token_id="" if fields is None else fields.token_id,
                side="" if fields is None else fields.side.value,
                order_type="" if post is None else post.order_type.value,
                maker="" if fields is None else fields.maker.lower(),
                # Without an id the amounts may be of any size, and JSON writers have their limits.
                maker_amount_micros=fields.maker_amount if fields and order_id else 0,
                taker_amount_micros=fields.taker_amount if fields and order_id else 0,
            )
        )
        return given, reply.text if isinstance(reply, Refusal) else ""
