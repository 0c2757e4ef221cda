"""What an operator in the foreground is told as it happens, one line each."""

from collections.abc import Sequence

from polycopy.cli.core import exits
from polycopy.cli.core.account_report import Switch
from polycopy.cli.core.account_view import dispute_advice, dispute_words, switch_words
from polycopy.cli.core.exits import Exits
from polycopy.cli.core.rows import OrderRow
from polycopy.cli.core.words import counted, handle
from polycopy.runtime.log import Recorded
from polycopy.schemas.accounts import BalanceAgreed, BalanceDisputed
from polycopy.schemas.control import TradingState, TradingStateSet
from polycopy.schemas.event import Event
from polycopy.schemas.feeds import FeedGapClosed, FeedGapOpened
from polycopy.schemas.ids import AccountId
from polycopy.schemas.orders import OrderLost, OrderRecovered


def standing(switches: Sequence[Switch], lost: Sequence[OrderRow], where: str = "") -> list[str]:
    """What an earlier run left for him: a switch that nobody turned back, orders that are lost.
    `where` is the option that names the stack, as it is added to a command."""
    told = [
        f"trading is {switch_words(one)} (polycopy resume"
        + (f" --account {one.account}{where} ends it)" if one.account else f"{where} ends it)")
        for one in sorted(switches, key=lambda one: one.account)
        if one.state is not TradingState.ACTIVE
    ]
    if lost:
        then = f"polycopy order reconcile ID{where} asks every source about one"
        told.append(f"{counted(len(lost), 'order')} LOST: {then}")
    return told


def line(recorded: Recorded, known: Exits, where: str = "") -> str:
    """Empty for what is no news. `known` are the accounts after it; `where` as above."""
    name = AccountId(recorded.subject.split(".")[1])
    whose = f"account {name}"
    match recorded.event:
        case TradingStateSet() as said:
            why = f": {said.reason}" if said.reason else ""
            return f"trading is {said.state} for {_whom(said.account)}, by {said.operator}{why}"
        case OrderLost(order_id=order_id):
            order, what = handle(order_id), exits.order_words(known, name, order_id)
            then = f"polycopy order reconcile {order}{where} asks every source about it"
            return f"order {order} of {whose} is LOST{what and f' ({what})'}: {then}"
        case OrderRecovered(order_id=order_id, source=source):
            what = exits.order_words(known, name, order_id)
            order = f"order {handle(order_id)} of {whose}"
            return f"{order} turned up{what and f' ({what})'}: {source} has it"
        case BalanceDisputed(token_id=token) as dispute:
            told = dispute_words(dispute, exits.market_of(known, token))
            return f"{whose} is disputed: {told}; {dispute_advice(dispute)}"
        case BalanceAgreed(token_id=token):
            what = exits.market_of(known, token) if token else "pUSD"
            return f"{whose}: venue and log agree again about {what}, which was disputed"
        case _:
            return ""


def feed_line(event: Event) -> str:
    """Of the sources of leader trades: which fell silent, and what was found of that time. Empty
    for what is no news."""
    match event:
        case FeedGapOpened(source=source, reason=reason) if reason not in _OUR_OWN:
            return f"{source} is silent ({reason}): what is missed is looked for when it is back"
        case FeedGapClosed(source=source, reason=reason):
            seconds = (event.to_ms - event.from_ms) / 1_000
            told = f"{source} is heard, after {seconds:.0f} s of silence ({reason}): "
            told += f"{counted(event.recovered, 'trade')} of that time came by other ways"
            if event.unknown_wallets:
                told += f"; of {counted(event.unknown_wallets, 'wallet')} nobody could tell"
            return told
        case _:
            return ""


_OUR_OWN = ("not running", "stopped")


def breaker_turn(before: str, now: str) -> str:
    """Empty where the circuit breaker neither opened nor closed. Both as its executor tells why it
    lets no entry pass; "" where it does."""
    if now and not before:
        return f"circuit breaker {now}; until it closes there are no entries"
    return "circuit breaker closed: it holds no entries back any more" if before and not now else ""


def _whom(account: AccountId) -> str:
    return f"account {account}" if account else "all accounts"
