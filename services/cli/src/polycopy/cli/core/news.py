"""What an operator in the foreground is told as it happens, one line each."""

from collections.abc import Sequence

from polycopy.cli.core.account_report import Switch
from polycopy.cli.core.account_view import dispute_words, switch_words
from polycopy.cli.core.rows import OrderRow
from polycopy.cli.core.words import counted, handle
from polycopy.runtime.log import Recorded
from polycopy.schemas.accounts import BalanceAgreed, BalanceDisputed
from polycopy.schemas.control import TradingState, TradingStateSet
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


def line(recorded: Recorded, where: str = "") -> str:
    """Empty for what is no news. `where` as above."""
    whose = f"account {recorded.subject.split('.')[1]}"
    match recorded.event:
        case TradingStateSet() as said:
            why = f": {said.reason}" if said.reason else ""
            return f"trading is {said.state} for {_whom(said.account)}, by {said.operator}{why}"
        case OrderLost(order_id=order_id):
            name = handle(order_id)
            then = f"polycopy order reconcile {name}{where} asks every source about it"
            return f"order {name} of {whose} is LOST: {then}"
        case OrderRecovered(order_id=order_id, source=source):
            return f"order {handle(order_id)} of {whose} turned up: {source} has it"
        case BalanceDisputed() as dispute:
            return f"{whose} is disputed: {dispute_words(dispute)}"
        case BalanceAgreed():
            return f"{whose}: a balance that was disputed is explained again"
        case _:
            return ""


def _whom(account: AccountId) -> str:
    return f"account {account}" if account else "all accounts"
