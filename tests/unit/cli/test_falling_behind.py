"""An account that falls behind is told once it stays so, and so is its end."""

from polycopy.cli.core import falling_behind
from polycopy.cli.core.account_rows import histories
from polycopy.schemas.control import VenueName
from polycopy.schemas.orders import ExecutorEpochStarted
from polycopy.schemas.terms import VenueAccount
from polycopy.trading import account as accounts
from polycopy.trading.account_state import Account
from tests.unit.cli.makers import ACCOUNT, NOW_MS, copied_trade
from tests.unit.cli.test_accounts import BEHIND, CAUGHT_UP

FELL = falling_behind.BLINK_MS
EVERY_MINUTE = falling_behind.TOLD_EVERY_MS


def folded(*events: object) -> Account:
    log = copied_trade()
    for event in events:
        log.say(event)
    return accounts.fold(ACCOUNT, histories(log.events)[ACCOUNT])


def test_an_account_that_stays_behind_is_told_with_its_reason_and_so_is_its_end() -> None:
    good, bad = folded(CAUGHT_UP), folded(CAUGHT_UP, BEHIND)
    looks = [
        (good, 0, ""),
        (bad, 1, ""),
        (bad, FELL, ""),
        (bad, 1 + FELL, "account main is behind: user socket lost; no entries until it has"),
        (bad, 2 * EVERY_MINUTE, ""),
        (
            good,
            2 * EVERY_MINUTE + 1,
            "account main has caught up: it holds no entries back any more",
        ),
        (good, 2 * EVERY_MINUTE + 2, ""),
    ]
    assert told_at(looks) == [words for _, _, words in looks]


def test_a_blink_is_not_told_and_no_fall_twice_a_minute() -> None:
    good, bad = folded(CAUGHT_UP), folded(CAUGHT_UP, BEHIND)
    fell = "account main is behind: user socket lost; no entries until it has"
    looks = [
        (bad, 0, ""),
        (good, FELL - 1, ""),
        (bad, FELL, ""),
        (bad, 2 * FELL, fell),
        (good, 2 * FELL + 1, "account main has caught up: it holds no entries back any more"),
        (bad, 2 * FELL + 2, ""),
        (bad, 4 * FELL, ""),
        (bad, 2 * FELL + EVERY_MINUTE, fell),
    ]
    assert told_at(looks) == [words for _, _, words in looks]


def test_a_forward_test_has_nobody_to_fall_behind() -> None:
    epoch = ExecutorEpochStarted(
        account=ACCOUNT, epoch=1, instance="x", venue_account=VenueAccount(venue=VenueName.PAPER)
    )
    on_paper = accounts.evolve(accounts.initial(ACCOUNT), epoch)
    assert told_at([(on_paper, 0, ""), (on_paper, FELL, "")]) == ["", ""]


def told_at(looks: list[tuple[Account, int, str]]) -> list[str]:
    """What is told at each look, as much of it as was expected."""
    watch, found = falling_behind.Watch(), []
    for account, at_ms, words in looks:
        watch, lines = falling_behind.look(watch, [account], NOW_MS + at_ms)
        found.append("".join(lines)[: len(words) or None])
    return found
