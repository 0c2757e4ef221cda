"""The edge makes whoever is too many wait, and lets no window overflow."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from polycopy.paper_venue.core.limits.edge_limits import EdgeLimits, Queued, windows
from polycopy.paper_venue.core.protocol.messages import Headers, Host, Request

SECOND = 1_000_000
AT = 1_795_000_000 * SECOND
IP = "127.0.0.1"
HOUR = 3600 * SECOND


def names(method: str, path: str, host: Host = Host.CLOB) -> list[tuple[str, int]]:
    return [(window.name, window.limit) for window in windows(host, method, path)]


def asked(
    at_us: int, method: str = "GET", path: str = "/balance-allowance/update", ip: str = IP
) -> Request:
    return Request(
        method=method,
        path=path,
        query={},
        headers=Headers(),
        body=b"",
        received_at_us=at_us,
        ip=ip,
    )


def test_a_path_is_known_by_whole_parts() -> None:
    assert names("GET", "/markets", Host.GAMMA) == [
        ("Gamma", 4_000),
        ("/markets + /events", 900),
        ("/markets", 300),
    ]
    assert names("GET", "/markets/keyset", Host.GAMMA) == names("GET", "/markets", Host.GAMMA)
    assert names("GET", "/markets-by-token/1") == [("CLOB", 9_000)]
    assert names("GET", "/data/order/0x1") == [("CLOB", 9_000), ("ledger", 900)]
    assert names("POST", "/auth/api-key") == [("CLOB", 9_000), ("auth", 100)]
    assert names("GET", "/v2/trades", Host.DATA) == [("Data API", 1_000), ("Data /trades", 200)]


def test_each_address_has_its_own_total() -> None:
    assert names("GET", "/markets") == names("GET", "/trades") == [("CLOB", 9_000)]
    assert names("GET", "/tags", Host.GAMMA) == [("Gamma", 4_000)]
    assert names("POST", "/order", Host.DATA) == [("Data API", 1_000)]


def test_an_order_is_counted_in_both_windows_of_trading() -> None:
    assert names("POST", "/order")[1:] == [
        ("POST /order", 5_000),
        ("POST /order sustained", 120_000),
    ]


def test_what_is_too_much_waits_until_the_window_has_moved_on() -> None:
    edge = EdgeLimits(wait_us_max=HOUR)

    waits = [edge.queued(asked(AT)).wait_us for _ in range(51)]

    assert waits == [0] * 50 + [10 * SECOND]


def test_another_address_does_not_wait() -> None:
    edge = EdgeLimits(wait_us_max=HOUR)
    for _ in range(50):
        edge.queued(asked(AT))

    assert edge.queued(asked(AT, ip="127.0.0.2")) == Queued(0)


def test_whoever_would_wait_too_long_is_turned_away_and_not_counted() -> None:
    edge = EdgeLimits(wait_us_max=SECOND)
    for _ in range(50):
        edge.queued(asked(AT))

    turned = [edge.queued(asked(AT)) for _ in range(3)]
    later = edge.queued(asked(AT + 9 * SECOND))

    assert turned == [Queued(10 * SECOND, full=True)] * 3
    assert later == Queued(SECOND)


ASKED = st.sampled_from(
    (
        ("POST", "/submit"),
        ("GET", "/balance-allowance/update"),
        ("POST", "/auth/api-key"),
        ("GET", "/tick-size"),
        ("GET", "/data/trades"),
    )
)
BURSTS = st.lists(
    st.tuples(st.integers(0, 8 * SECOND), ASKED, st.integers(1, 120)), min_size=1, max_size=12
)


@settings(max_examples=60, deadline=None)
@given(BURSTS, st.sampled_from((0, 3 * SECOND, HOUR)))
def test_after_any_history_no_window_holds_more_than_its_limit(
    bursts: list[tuple[int, tuple[str, str], int]], wait_us_max: int
) -> None:
    edge = EdgeLimits(wait_us_max=wait_us_max)
    at_us = AT
    let_in: dict[tuple[str, int, int], list[int]] = {}
    for pause_us, (method, path), count in bursts:
        at_us += pause_us
        for _ in range(count):
            queued = edge.queued(asked(at_us, method, path))
            assert queued.full or queued.wait_us <= wait_us_max
            if not queued.full:
                for window in windows(Host.CLOB, method, path):
                    key = (window.name, window.limit, window.span_us)
                    let_in.setdefault(key, []).append(at_us + queued.wait_us)

    for (_, limit, span_us), times in let_in.items():
        times.sort()
        over = [b - a for a, b in zip(times, times[limit:], strict=False) if b - a < span_us]
        assert not over


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 49))
def test_nobody_waits_below_the_limit(count: int) -> None:
    edge = EdgeLimits(wait_us_max=0)

    waits = Counter(edge.queued(asked(AT + number)) for number in range(count))

    assert waits == {Queued(0): count}
