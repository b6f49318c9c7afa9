"""Publishing over real sockets: publishers behind a relay, subscribers before it."""

from __future__ import annotations

import re
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack

import numpy as np
import pytest
import zmq

from mien.errors import ServerError
from mien.rpc.publish import Publisher
from mien.rpc.relay import LONGEST_TOPIC, Relay
from mien.rpc.subscribe import Message, Subscriber
from mien.rpc.watching import Moved, Watch
from mien.values import Curves
from mien.wire.v1.animate_pb2 import AnimateResponse
from tests.file_checks import random_curves
from tests.published import Stage, end, error, frames, header, until, wanted


@pytest.fixture
def closing() -> Iterator[ExitStack]:
    """Closes what a test opens, the last first."""
    with ExitStack() as stack:
        yield stack


@pytest.fixture
def stage(closing: ExitStack) -> Stage:
    """With room for 1000 messages."""
    opened = Stage()
    closing.callback(opened.close)
    return opened


def _hear(subscriber: Subscriber, count: int, *publishers: Publisher) -> list[Message]:
    """The next `count` messages, while `publishers` answer newcomers."""
    heard: list[Message] = []

    def enough() -> bool:
        for publisher in publishers:
            publisher.poll()
        heard.extend(subscriber.receive(0.01))
        return len(heard) >= count

    until(enough)
    return heard


def test_a_late_joiner_gets_the_header_then_frames(stage) -> None:
    publisher, sent = stage.publisher(), random_curves(6)
    publisher.send("vera", header(sent), "one")
    publisher.send("vera", frames(sent.values[:3]), "one")
    late = stage.subscriber()
    until(lambda: wanted(publisher, "vera"))
    publisher.send("vera", frames(sent.values[3:], 3), "one")
    assert _hear(late, 2, publisher) == [
        ("vera", header(sent), "one"),
        ("vera", frames(sent.values[3:], 3), "one"),
    ]


def test_every_newcomer_is_sent_the_header_and_not_only_the_first(stage) -> None:
    publisher = stage.publisher()
    publisher.send("vera", header(), "one")
    for _ in range(3):
        assert _hear(stage.subscriber("vera"), 1, publisher)[0] == ("vera", header(), "one")


def test_a_stream_that_has_ended_is_not_announced_any_more(stage) -> None:
    publisher = stage.publisher()
    for subject in ("ann", "bob", "vera"):
        publisher.send(subject, header(stream=subject), subject)
    publisher.send("ann", end(0), "ann")
    publisher.send("bob", error("Too long."), "bob")
    subscriber = stage.subscriber()
    assert _hear(subscriber, 1, publisher) == [("vera", header(stream="vera"), "vera")]
    assert subscriber.receive(0.1) == []


def test_publishers_of_two_workers_reach_one_subscriber(stage) -> None:
    one, two = stage.publisher(), stage.publisher()
    subscriber = stage.subscriber()
    one.send("ann", header(stream="a"), "a")
    two.send("bob", header(stream="b"), "b")
    assert sorted(subject for subject, *_ in _hear(subscriber, 2, one, two)) == ["ann", "bob"]
    one.send("ann", end(0), "a")
    two.send("bob", end(0), "b")
    assert sorted(subject for subject, *_ in _hear(subscriber, 2)) == ["ann", "bob"]


def test_the_end_of_an_older_stream_leaves_the_header_of_the_newer_one(stage) -> None:
    publisher = stage.publisher()
    for stream in ("old", "new"):
        publisher.send("vera", header(stream=stream), stream)
    publisher.send("vera", error("The client broke off."), "old")
    assert _hear(stage.subscriber(), 1, publisher) == [("vera", header(stream="new"), "new")]


def test_a_stream_that_goes_on_at_another_worker_is_followed_there(stage) -> None:
    first, second, watch = stage.publisher(), stage.publisher(), Watch()
    first.send("vera", header(stream="old"), "old")
    second.send("vera", header(stream="new"), "new")
    subscriber, sent = stage.subscriber(), random_curves(9).values
    heard = _hear(subscriber, 2, first, second)
    second.send("vera", frames(sent[:6]), "new")
    heard += _hear(subscriber, 1)
    first.send("vera", error("The client broke off."), "old")
    heard += _hear(subscriber, 1)
    second.send("vera", frames(sent[6:], 6), "new")
    heard += _hear(subscriber, 1)
    moved = [event for message in heard for event in watch.push(*message) if isinstance(event, Moved)]
    assert [(event.stream.id, event.first, event.missed) for event in moved] == [("new", 0, 0), ("new", 6, 0)]


def test_a_worker_that_comes_after_the_subscribers_hears_of_them(stage) -> None:
    subscriber, first = stage.subscriber("vera"), stage.publisher()
    until(lambda: wanted(first, "vera"))
    second = stage.publisher()
    second.send("vera", header(), "one")
    assert _hear(subscriber, 1, second) == [("vera", header(), "one")]


def test_who_asks_for_vera_watches_no_vera2(stage) -> None:
    publisher, subscriber = stage.publisher(), stage.subscriber("vera")
    for subject in ("vera2", "ver", "vera"):
        publisher.send(subject, header(), "one")
    watch = Watch(["vera"])
    heard = _hear(subscriber, 2, publisher)
    assert [subject for subject, *_ in heard] == ["vera2", "vera"], "topics of ZeroMQ are prefixes"
    assert [len(watch.push(*message)) for message in heard] == [0, 1]


def test_nothing_is_wanted_before_somebody_came_and_after_everybody_left(stage) -> None:
    publisher = stage.publisher()
    assert not wanted(publisher, "vera")
    first, second = stage.subscriber("ve"), stage.subscriber("ve")
    assert len(_hear_both(publisher, first, second)) == 2
    assert wanted(publisher, "vera")
    assert not publisher.wanted("bob")
    first.close()
    time.sleep(0.1)
    assert wanted(publisher, "vera"), "the second is still there"
    second.close()
    until(lambda: not wanted(publisher, "vera"))


def _hear_both(publisher: Publisher, first: Subscriber, second: Subscriber) -> list[Message]:
    publisher.send("vera", header(), "one")
    return _hear(first, 1, publisher)[:1] + _hear(second, 1, publisher)[:1]


def test_a_slow_subscriber_loses_frames_and_holds_up_nobody(closing) -> None:
    stage, block = Stage(high_water=100), np.zeros((1000, 10), np.float32)
    closing.callback(stage.close)
    publisher, quick, slow = stage.publisher(), stage.subscriber(), _slow(stage.address, closing)
    until(lambda: wanted(publisher, "vera"))
    publisher.send("vera", header(Curves(tuple("abcdefghij"), block, random_curves().rate)), "one")
    until(lambda: slow.poll(0) and quick.receive(0))
    sent = [n * len(block) for n in range(1000)]  # 40 MB, more than sockets hold
    for first in sent:
        publisher.send("vera", frames(block, first), "one")
        assert _firsts(_hear(quick, 1)) == [first], "whoever keeps up loses nothing"
    late = []
    while slow.poll(200):
        late.append(AnimateResponse.FromString(slow.recv_multipart()[1]))
    came = _firsts([("vera", message, "one") for message in late])
    assert 0 < len(came) < len(sent)
    assert came == sorted(set(came) & set(sent)), "what comes is whole and in order"


def _slow(address: str, closing: ExitStack) -> zmq.Socket[bytes]:
    """Subscribed to all, and holds one message until it is asked for the next."""
    context = closing.enter_context(zmq.Context())
    subscriber = closing.enter_context(context.socket(zmq.SUB))
    subscriber.set(zmq.RCVHWM, 1)
    subscriber.subscribe("")
    subscriber.connect(address)
    return subscriber


def _firsts(messages: list[Message]) -> list[int]:
    return [message.frames.first for _, message, _ in messages if message.HasField("frames")]


def test_who_hears_no_message_to_the_end_is_told_of_what_was_lost(stage) -> None:
    publisher, subscriber, sent = stage.publisher(), stage.subscriber(), random_curves(9).values
    watch, missed = Watch(), 0
    publisher.send("vera", header(), "one")
    messages = _hear(subscriber, 1, publisher)
    for first in (0, 3, 6):
        publisher.send("vera" if first != 3 else "elsewhere", frames(sent[first : first + 3], first), "one")
    messages += _hear(subscriber, 3)
    for event in (event for message in messages for event in watch.push(*message)):
        missed += event.missed if isinstance(event, Moved) else 0
    assert missed == 3


def test_whoever_talks_nonsense_to_the_relay_disturbs_nobody(stage, closing) -> None:
    publisher, subscriber = stage.publisher(), stage.subscriber("vera")
    context = closing.enter_context(zmq.Context())
    for note in (b"\2hello", b"", b"\1" + bytes(LONGEST_TOPIC), b"\0never subscribed"):
        stranger = closing.enter_context(context.socket(zmq.XSUB))
        stranger.connect(stage.address)
        stranger.send(note)
    publisher.send("vera", header(), "one")
    assert _hear(subscriber, 1, publisher) == [("vera", header(), "one")]
    assert not publisher.wanted("anything else")


def test_a_relay_closes_at_once_and_leaves_nothing_behind(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    stage = Stage()
    publisher, subscriber = stage.publisher(), stage.subscriber()
    publisher.send("vera", header(), "one")
    _hear(subscriber, 1, publisher)
    before = time.monotonic()
    stage.relay.close()
    stage.close()
    assert time.monotonic() - before < 5, "promptly, even on a busy machine"
    assert list(tmp_path.iterdir()) == []
    Relay(port=stage.relay.port).close()


def test_a_long_path_for_temporary_files_is_no_hindrance(tmp_path, monkeypatch) -> None:
    deep = tmp_path / ("d" * 100)
    deep.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(deep))
    stage = Stage()
    publisher = stage.publisher()
    publisher.send("vera", header(), "one")
    assert len(_hear(stage.subscriber(), 1, publisher)) == 1
    stage.close()


def test_an_address_that_is_taken_is_refused_and_leaves_nothing_behind(stage, tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    said = f"tcp://127.0.0.1:{stage.relay.port} is taken, perhaps by another Mien; stop that"
    with pytest.raises(ServerError, match=re.escape(said)):
        Relay(port=stage.relay.port)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("host", "port", "said"),
    [
        ("192.0.2.1", 0, "is no address of this machine"),
        ("no such host", 0, "is no address of this machine"),
        ("127.0.0.1", 70000, "has a port outside 0..65535"),
    ],
)
def test_an_address_that_cannot_be_bound_is_refused_with_the_way_out(host, port, said) -> None:
    with pytest.raises(ServerError, match=re.escape(f"tcp://{host}:{port} {said}")):
        Relay(host, port)


@pytest.mark.parametrize("host", ["localhost", "0.0.0.0", "::1"])
def test_a_relay_takes_names_and_both_kinds_of_addresses(host, closing) -> None:
    if host == "::1" and not _has_ipv6():
        pytest.skip("this machine has no IPv6")
    relay = Relay(host, port=0)
    closing.callback(relay.close)
    publisher = Publisher(relay.inner)
    closing.callback(publisher.close)
    publisher.send("vera", header(), "one")
    near = {"0.0.0.0": "127.0.0.1", "::1": "[::1]"}.get(host, host)
    subscriber = closing.enter_context(Subscriber(f"tcp://{near}:{relay.port}"))
    assert len(_hear(subscriber, 1, publisher)) == 1


def _has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


def test_a_subscriber_knows_how_it_stands_with_the_server(stage) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = Subscriber(f"127.0.0.1:{free.getsockname()[1]}")
    nobody.receive(0.05)
    assert nobody.trouble == "no server answers there yet"
    nobody.close()
    subscriber = stage.subscriber()
    until(lambda: not subscriber.receive(0.01) and not subscriber.trouble)
    stage.relay.close()
    until(lambda: not subscriber.receive(0.01) and "went away" in subscriber.trouble)


def test_a_server_that_speaks_another_language_is_recognised(closing) -> None:
    listener = closing.enter_context(socket.create_server(("127.0.0.1", 0)))
    subscriber = closing.enter_context(Subscriber(f"127.0.0.1:{listener.getsockname()[1]}"))
    until(lambda: not subscriber.receive(0.01) and "does not speak ZeroMQ" in subscriber.trouble)
    listener.accept()[0].close()
    subscriber.receive(0.1)
    assert "does not speak ZeroMQ" in subscriber.trouble


@pytest.mark.parametrize(
    "parts",
    [[b"vera"], [b"vera", b""], [b"vera", b"{}", b"one"], [b"\xff", b"", b"one"], [b"vera", b"", b"\xff"]],
)
def test_a_publisher_of_something_else_is_refused(parts, closing) -> None:
    context = closing.enter_context(zmq.Context())
    other = closing.enter_context(context.socket(zmq.XPUB))
    port = other.bind_to_random_port("tcp://127.0.0.1")
    subscriber = closing.enter_context(Subscriber(f"127.0.0.1:{port}"))
    other.recv()
    other.send_multipart(parts)
    with pytest.raises(ServerError, match=f"tcp://127.0.0.1:{port}: what is published there is not Mien's"):
        _hear(subscriber, 1)
