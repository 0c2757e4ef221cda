"""Frames of the NATS protocol, however the bytes are cut."""

from hypothesis import given
from hypothesis import strategies as st

from tests.support.nats_frames import Frame, Frames

HEADERS = b"NATS/1.0\r\nNats-Msg-Id: 0a\r\nce-id: 0a\r\n\r\n"
BODY = b'{"a": "PUB b 1\\r\\n"}\r\n'
FROM_CLIENT = [
    b'CONNECT {"verbose":false}\r\n',
    b"SUB _INBOX.1.* 1\r\n",
    b"PUB a.b 2\r\nhi\r\n",
    b"PUB a.b _INBOX.1.2 0\r\n\r\n",
    b"HPUB orders.a.b _INBOX.1.3 %d %d\r\n%b%b\r\n"
    % (len(HEADERS), len(HEADERS) + len(BODY), HEADERS, BODY),
    b"PING\r\n",
]
FROM_SERVER = [
    b'INFO {"server_id":"x"}\r\n',
    b"MSG _INBOX.1.2 1 2\r\nhi\r\n",
    b"HMSG orders.a.b 1 $JS.ACK.EVENTS.c.1.2.3.4.5 %d %d\r\n%b%b\r\n"
    % (len(HEADERS), len(HEADERS) + len(BODY), HEADERS, BODY),
    b"PONG\r\n",
]


def cut(stream: bytes, places: list[int]) -> list[Frame]:
    frames, found, before = Frames(), list[Frame](), 0
    for place in [*sorted(place % (len(stream) + 1) for place in places), len(stream)]:
        found += frames.feed(stream[before:place])
        before = place
    return found


@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_any_cut_gives_the_same_frames(places: list[int]) -> None:
    for said in (FROM_CLIENT, FROM_SERVER):
        assert [frame.raw for frame in cut(b"".join(said), places)] == said


def test_a_frame_tells_its_subject_its_reply_its_headers_and_its_body() -> None:
    published = Frames().feed(FROM_CLIENT[4])[0]
    assert (published.verb, published.subject) == (b"HPUB", b"orders.a.b")
    assert published.reply == b"_INBOX.1.3"
    assert published.header(b"Nats-Msg-Id") == b"0a"
    assert published.header(b"nobody") == b""
    assert published.body == BODY
    delivered = Frames().feed(FROM_SERVER[2])[0]
    assert delivered.reply == b"$JS.ACK.EVENTS.c.1.2.3.4.5"
    assert delivered.body == BODY
    assert [frame.reply for frame in cut(b"".join(FROM_CLIENT[2:4]), [])] == [b"", b"_INBOX.1.2"]
    assert Frames().feed(FROM_SERVER[1])[0].reply == b""
