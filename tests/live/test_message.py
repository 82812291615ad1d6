"""Messages: joined once, encoded once, shared by all who are told the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consumers.protocol.message import Message

LENGTHS = 0, 1, 125, 126, 127, 65_535, 65_536, 70_000


def test_one_frame_is_told_as_it_is_and_several_as_an_array():
    assert Message('{"a":1}').text == '{"a":1}'
    assert Message('{"a":1}', '{"b":2}', "3").text == '[{"a":1},{"b":2},3]'


def test_it_counts_its_frames():
    assert [Message().count, Message("1").count, Message("1", "2", "3").count] == [0, 1, 3]


def test_the_same_sequence_is_the_same_message():
    nothing, first, second = Message(), '{"a":1}', '{"b":2}'
    one = nothing.and_then(first).and_then(second)
    another = nothing.and_then(first).and_then(second)
    assert one is another
    assert one.encoded is another.encoded


def test_another_sequence_is_another_message():
    nothing, first, second = Message(), '{"a":1}', '{"b":2}'
    assert nothing.and_then(first).and_then(second).text == '[{"a":1},{"b":2}]'
    assert nothing.and_then(second).and_then(first).text == '[{"b":2},{"a":1}]'
    assert nothing.and_then(second).text == '{"b":2}'
    assert nothing.and_then(first).and_then(first).count == 2


def test_what_follows_changes_nothing_before_it():
    first = Message().and_then("1")
    before = first.text, first.encoded
    first.and_then("2")
    assert (first.text, first.encoded) == before


@given(st.lists(st.integers(0, 3), max_size=12), st.lists(st.integers(0, 3), max_size=12))
def test_joining_keeps_order_and_shares_exactly_what_is_equal(one, another):
    frames, nothing = [f'{{"n":{number}}}' for number in range(4)], Message()

    def told(numbers: list[int]) -> Message:
        message = nothing
        for number in numbers:
            message = message.and_then(frames[number])
        return message

    assert (told(one) is told(another)) is (one == another)
    if one:
        received = json.loads(told(one).text)
        assert [frame["n"] for frame in (received if len(one) > 1 else [received])] == one


# --- On the wire ---


def decoded(data: bytes) -> bytes:
    """The payload of one whole, unmasked text frame (RFC 6455, 5.2), whose length is written as short as can be."""
    assert data[0] == 0b1000_0001  # the last of its message, nothing reserved, text
    length, start = data[1], 2  # a mask would set the highest bit
    if length == 126:
        length, start = int.from_bytes(data[2:4], "big"), 4
        assert length >= 126
    elif length == 127:
        length, start = int.from_bytes(data[2:10], "big"), 10
        assert length >= 1 << 16
    assert len(data) == start + length
    return data[start:]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_message_of_any_length_is_a_right_frame(length):
    text = "x" * length
    assert decoded(Message(text).encoded) == text.encode()


@pytest.mark.parametrize("length", LENGTHS[2:])
def test_its_length_is_counted_in_bytes_and_not_in_letters(length):
    text = "é" * (length // 2) + "x" * (length % 2)
    assert decoded(Message(text).encoded) == text.encode()


def test_several_frames_are_one_on_the_wire():
    frames = [f'{{"n":{number}}}' for number in range(200)]
    assert json.loads(decoded(Message(*frames).encoded)) == [{"n": number} for number in range(200)]
