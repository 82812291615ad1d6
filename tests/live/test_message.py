"""Messages: joined once, encoded once, shared by all connections that receive the same frames."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.protocol.message import Message

PAYLOAD_LENGTHS = 0, 1, 125, 126, 127, 65_535, 65_536, 70_000


def test_a_single_frame_is_unchanged_and_several_form_an_array():
    assert Message('{"a":1}').text == '{"a":1}'
    assert Message('{"a":1}', '{"b":2}', "3").text == '[{"a":1},{"b":2},3]'


def test_a_message_counts_its_frames():
    assert [Message().count, Message("1").count, Message("1", "2", "3").count] == [0, 1, 3]


def test_the_same_frames_are_the_same_message():
    empty = Message()
    first = '{"a":1}'
    second = '{"b":2}'
    one = empty.and_then(first).and_then(second)
    another = empty.and_then(first).and_then(second)
    assert one is another
    assert one.encoded is another.encoded


def test_different_frames_are_different_messages():
    empty = Message()
    first = '{"a":1}'
    second = '{"b":2}'
    assert empty.and_then(first).and_then(second).text == '[{"a":1},{"b":2}]'
    assert empty.and_then(second).and_then(first).text == '[{"b":2},{"a":1}]'
    assert empty.and_then(second).text == '{"b":2}'
    assert empty.and_then(first).and_then(first).count == 2


def test_extending_a_message_does_not_change_it():
    first = Message().and_then("1")
    before = first.text, first.encoded
    first.and_then("2")
    assert (first.text, first.encoded) == before


@given(st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_joining_keeps_the_order_and_shares_exactly_the_equal_messages(one, another):
    frames = [f'{{"n":{number}}}' for number in range(4)]
    empty = Message()

    def joined(numbers: list[int]) -> Message:
        message = empty
        for number in numbers:
            message = message.and_then(frames[number])
        return message

    assert (joined(one) is joined(another)) is (one == another)
    if one:
        received = json.loads(joined(one).text)
        assert [frame["n"] for frame in (received if len(one) > 1 else [received])] == one


# --- WebSocket frames ---


def decoded(data: bytes) -> bytes:
    """Returns the payload of a complete, unmasked text frame (RFC 6455, 5.2); its length must use the shortest form."""
    assert data[0] == 0b1000_0001  # FIN bit, no reserved bits, opcode text
    length = data[1]
    start = 2  # the highest bit would announce a mask
    if length == 126:
        length = int.from_bytes(data[2:4], "big")
        start = 4
        assert length >= 126
    elif length == 127:
        length = int.from_bytes(data[2:10], "big")
        start = 10
        assert length >= 1 << 16
    assert len(data) == start + length
    return data[start:]


@pytest.mark.parametrize("length", PAYLOAD_LENGTHS)
def test_a_message_of_any_length_is_a_valid_frame(length):
    text = "x" * length
    assert decoded(Message(text).encoded) == text.encode()


@pytest.mark.parametrize("length", PAYLOAD_LENGTHS[2:])
def test_the_length_is_counted_in_bytes_and_not_in_characters(length):
    text = "é" * (length // 2) + "x" * (length % 2)
    assert decoded(Message(text).encoded) == text.encode()


def test_several_frames_are_sent_as_one_websocket_frame():
    frames = [f'{{"n":{number}}}' for number in range(200)]
    assert json.loads(decoded(Message(*frames).encoded)) == [{"n": number} for number in range(200)]
