"""Messages to send: text as str, binary as bytes, as in websockets."""

import codecs
import functools
import os
import random

Message = str | bytes

# The seed of all random content; SEED in the environment repeats a run.
SEED = os.environ.get("SEED") or str(random.SystemRandom().randrange(2**32))

PHRASE = "Grüße an alle 🌍, immer wieder. ".encode()
PATTERN = bytes([0xFF, 0x00, 0xFE, 0x01, 0x80, 0x7F, 0xC0])
# 64 characters each of one to four bytes in UTF-8
LETTERS = "".join(
    chr(first + index) for first in (0x20, 0x400, 0x4E00, 0x1F600) for index in range(64)
)


class Random(random.Random):
    """Random content that is the same for the same seed and name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{SEED} {name}")

    def text(self, size: int) -> str:
        """Characters of every length, padded to size bytes of UTF-8."""
        letters, _ = codecs.charmap_decode(self.randbytes(size), "strict", LETTERS)
        whole = letters.encode()[:size].decode(errors="ignore")
        return whole + "." * (size - len(whole.encode()))

    def message(self) -> Message:
        """Any kind, 0 to 64 KiB long, a small one as likely as a large one."""
        size = int((2**16 + 1) ** self.random()) - 1
        return self.choice(list(KINDS.values()))(self, size)

    def messages(self, count: int) -> list[Message]:
        return [self.message() for _ in range(count)]


def repeated(phrase: bytes, size: int) -> bytes:
    return (phrase * (size // len(phrase))).ljust(size, b".")


KINDS = {
    "random text": Random.text,
    "repetitive text": lambda _, size: repeated(PHRASE, size).decode(),
    "random binary": Random.randbytes,
    "repetitive binary": lambda _, size: repeated(PATTERN, size),
}


@functools.cache
def message_of(kind: str, size: int) -> Message:
    """A message of exactly size bytes, the same each time."""
    return KINDS[kind](Random(f"{size} bytes of {kind}"), size)


def describe(message: Message) -> str:
    if isinstance(message, str):
        return f"{len(message.encode())} bytes text"
    return f"{len(message)} bytes binary"


def difference(received: Message, sent: Message) -> str | None:
    """Says in one line what differs, instead of a diff of 16 MiB."""
    if type(received) is type(sent) and received == sent:
        return None
    what = f"{describe(received)} came back for {describe(sent)}"
    if type(received) is type(sent):
        pairs = enumerate(zip(received, sent))
        at = next((index for index, (a, b) in pairs if a != b), min(len(received), len(sent)))
        what += f", different from index {at} on"
    return what
