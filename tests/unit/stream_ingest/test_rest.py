"""When a host is left alone."""

from polycopy.stream_ingest.core.rest import Rest

NOW = 1_795_000_000_000


def test_a_host_that_fails_three_times_on_end_is_left_alone_longer_each_time() -> None:
    rest = Rest()
    left = []
    for _ in range(14):
        rest.failed(NOW)
        left.append(rest.left_ms(NOW))

    assert left[:6] == [0, 0, 500, 1_000, 2_000, 4_000]
    assert left[-1] == 60_000
    assert rest.failures == 14
    assert rest.left_ms(NOW + 60_000) == 0


def test_a_host_that_asks_for_it_is_left_alone_at_once() -> None:
    rest = Rest()
    rest.failed(NOW, asked_ms=7_000)
    rest.failed(NOW)

    assert rest.left_ms(NOW + 1_000) == 6_000


def test_an_answer_forgets_the_failures() -> None:
    rest = Rest()
    assert not rest.answered()
    rest.failed(NOW)
    rest.failed(NOW)
    assert rest.answered()
    rest.failed(NOW)

    assert rest.left_ms(NOW) == 0
