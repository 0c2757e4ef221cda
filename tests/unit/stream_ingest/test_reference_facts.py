"""What the log holds, and what follows from it for the next event."""

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from polycopy.runtime.log import Recorded
from polycopy.schemas.envelope import Draft
from polycopy.schemas.event import Event
from polycopy.schemas.ids import ConditionId, TokenId, Wallet
from polycopy.schemas.markets import MarketDescribed, MarketOutcome, MarketResolved
from polycopy.schemas.terms import FeeCurve
from polycopy.schemas.traders import Record, TraderMeasured
from polycopy.stream_ingest.core.reference_facts import Facts

CONDITION = ConditionId("0x" + "ab" * 32)
OTHER = ConditionId("0x" + "cd" * 32)
WALLET = Wallet("0x" + "ab" * 20)
NAME = "stream-ingest"


def described(title: str = "", condition: ConditionId = CONDITION, at_ms: int = 1) -> Event:
    return MarketDescribed(
        condition_id=condition,
        outcomes=(MarketOutcome(token_id=TokenId("1"), outcome="Yes"),),
        tick_size_micros=1,
        minimum_size_micros=1,
        fee=FeeCurve(),
        source="gamma",
        read_at_ms=at_ms,
        title=title,
        category="Sports",
    )


def resolved(at_ms: int = 5) -> MarketResolved:
    return MarketResolved(
        condition_id=CONDITION, payouts=(), resolved_at_ms=at_ms, read_at_ms=at_ms
    )


def measured(trades: int = 1, at_ms: int = 1) -> TraderMeasured:
    record = Record(trades=trades)
    return TraderMeasured(
        wallet=WALLET,
        lifetime=record,
        recent=record,
        niches=(),
        source="v2",
        read_at_ms=at_ms,
        whole=True,
    )


def drafted(facts: Facts, event: Event) -> Draft | None:
    match event:
        case MarketDescribed():
            return facts.describe(event, NAME)
        case MarketResolved():
            return facts.resolve(event, NAME)
        case TraderMeasured():
            return facts.measure(event, NAME)
        case _:
            raise AssertionError(event)


class Place:
    """A log that stores each id once."""

    def __init__(self) -> None:
        self.stored: list[Recorded] = []

    def append(self, new: Draft | None) -> Recorded | None:
        if new is None:
            return None
        for one in self.stored:
            if one.envelope.event_id == new.envelope.event_id:
                return one
        recorded = Recorded(
            sequence=len(self.stored) + 1,
            subject=new.subject,
            envelope=new.envelope,
            event=new.event,
        )
        self.stored.append(recorded)
        return recorded


def say(place: Place, facts: Facts, event: Event) -> bool:
    """Whether it was new."""
    recorded = place.append(drafted(facts, event))
    return recorded is not None and facts.evolve(recorded)


def test_what_was_said_is_not_said_again() -> None:
    place, facts = Place(), Facts()

    for event in (described(), measured(), resolved()):
        assert say(place, facts, event)
        assert not say(place, facts, event)
    assert not say(place, facts, described(at_ms=9))
    assert not say(place, facts, resolved(at_ms=9))
    assert len(place.stored) == 3


def test_what_is_so_again_can_be_said_again_and_again() -> None:
    place, facts = Place(), Facts()
    for title in ("a", "b", "a", "b", "a"):
        assert say(place, facts, described(title))
    for trades in (1, 2, 1, 2):
        assert say(place, facts, measured(trades))

    assert len({one.envelope.event_id for one in place.stored}) == len(place.stored) == 9


def test_what_is_known_of_a_market_is_what_was_said_last() -> None:
    place, facts = Place(), Facts()
    say(place, facts, described())
    say(place, facts, resolved())
    say(place, facts, described("new"))

    market = facts.market(CONDITION)
    assert (market.category, market.resolved_at_ms, market.tokens) == ("Sports", 5, ("1",))
    assert market.last is not None
    assert market.last.sequence == 3
    assert facts.trader(WALLET) is None


def test_what_is_older_than_what_is_known_is_no_news() -> None:
    place, facts = Place(), Facts()
    for event in (described("a"), described("b"), measured(1), measured(2)):
        say(place, facts, event)

    assert [facts.evolve(one) for one in place.stored] == [False] * 4
    last = facts.market(CONDITION).last
    assert last is not None
    assert last.sequence == 2


def test_an_end_at_no_time_is_an_end() -> None:
    place, facts = Place(), Facts()

    assert say(place, facts, resolved(at_ms=0))
    assert facts.market(CONDITION).resolved_at_ms == 1


def test_other_events_say_nothing() -> None:
    place, facts = Place(), Facts()
    say(place, facts, described())
    strange = msgspec.structs.replace(place.stored[0], event=Event())

    assert not facts.evolve(strange)


def test_a_token_is_learnt_once() -> None:
    facts = Facts()

    assert facts.condition_of(TokenId("1")) is None
    assert facts.learn(TokenId("1"), CONDITION)
    assert not facts.learn(TokenId("1"), OTHER)
    assert facts.condition_of(TokenId("1")) == CONDITION


def test_tables_are_bounded() -> None:
    place, facts = Place(), Facts(markets_max=1, traders_max=1)
    say(place, facts, described())
    say(place, facts, described(condition=OTHER))
    for number in range(3):
        facts.learn(TokenId(str(number)), CONDITION)

    assert facts.market(CONDITION).last is None
    assert facts.market(OTHER).last is not None
    assert [facts.condition_of(TokenId(str(number))) for number in range(3)] == [
        None,
        CONDITION,
        CONDITION,
    ]


EVENTS = st.one_of(
    st.sampled_from("abc").map(described),
    st.integers(1, 3).map(measured),
    st.just(resolved()),
)


@given(st.lists(st.tuples(EVENTS, st.booleans(), st.booleans()), max_size=20))
def test_two_who_see_the_same_say_it_once(
    steps: list[tuple[Event, bool, bool]],
) -> None:
    """The second hears of what the first says only now and then; that changes nothing."""
    place, first, second = Place(), Facts(), Facts()
    alone, only = Place(), Facts()
    for event, hears, turns in steps:
        one, other = (second, first) if turns else (first, second)
        say(place, one, event)
        if hears:
            other.evolve(place.stored[-1])
        say(place, other, event)
        say(alone, only, event)

    assert place.stored == alone.stored


@given(st.lists(EVENTS, max_size=20))
def test_who_starts_anew_knows_the_same(events: list[Event]) -> None:
    place, facts, anew = Place(), Facts(), Facts()
    for event in events:
        say(place, facts, event)
    for recorded in place.stored:
        anew.evolve(recorded)

    for event in events:
        assert drafted(anew, event) == drafted(facts, event)
