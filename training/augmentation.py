"""Harmless edits of training texts, so that no label comes to hang on a slip of the pen, a greeting or an emoji.

The kinds are those whose flips `training.scorecard.robustness` counts. Greetings, closings, slips and emoji are in
other words there, so their count shows what was learned of the kind; a link, a full stop and swapped names are the same
edit. On editing training texts: Wei & Zou 2019.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

from training.examples import Example

Edit = Callable[[str, Random], str]

# Of one office each: whatever side a text takes toward Russia, it takes with any of them.
_OFFICES = (
    ("Trump", "Biden", "Obama", "Bush", "Clinton", "Reagan", "Carter"),
    ("Blinken", "Rubio", "Kerry", "Pompeo", "Tillerson"),
    ("Lavrov", "Peskov", "Zakharova"),
    ("Brezhnev", "Andropov", "Chernenko"),
    ("Merkel", "Scholz", "Merz"),
    ("Macron", "Sarkozy", "Hollande"),
    ("Johnson", "Starmer", "Sunak", "Cameron"),
)
_NAMES = re.compile(rf"\b({'|'.join(name for office in _OFFICES for name in office)})\b")
_GREETINGS = (
    *(
        "Hello,",
        "Hello everyone,",
        "Hey folks,",
        "Good morning.",
        "Good evening all,",
        "Greetings,",
        "Dear editor,",
        "Sir,",
    ),
    *("Well,", "Look,", "So,", "Okay,", "Hmm,", "Honestly,", "FWIW,", "Just saying:", "My two cents:"),
    *("Long-time reader here.", "First time commenting.", "Ladies and gentlemen,"),
)
_CLOSINGS = (
    *(
        "Thank you.",
        "Thank you for reading.",
        "Thx",
        "Cheers.",
        "Regards.",
        "Best wishes.",
        "Have a nice day.",
        "Good night.",
    ),
    *("Just my opinion.", "IMHO", "That's all.", "Over and out.", "Anyway.", "Read it twice."),
    *("Peter", "Sent from my phone", "Greetings from Canada."),
)
# Things, not faces or hands: those agree, doubt or mock, which may change the label.
_EMOJI = "💬📰📌📎🌍🧵🗞📻📅🏛"
_LINKS = ("https://t.co/Qx81", "http://www.example.com/news/2291", "www.example.net/a?id=7", "https://youtu.be/x_1")
_LONG_WORD = re.compile(r"\b[A-Za-z]{5,}\b")
# One long word in so many gets a slip of the pen, and at least one.
_SLIP_EVERY = 8
_EDITS_AT_MOST = 2


def edit_some(examples: Sequence[Example], *, share: float, seed: int) -> list[Example]:
    """Return `examples` with a random `share` of the texts put through one or two edits; labels and contexts stay.

    Some of them change nothing: a text may name nobody, or have no full stop.
    """
    random = Random(seed)  # noqa: S311 not for secrets
    return [
        replace(example, text=_edit(example.text, random)) if random.random() < share else example
        for example in examples
    ]


def _edit(text: str, random: Random) -> str:
    for edit in random.sample(_EDITS, random.randint(1, _EDITS_AT_MOST)):
        text = edit(text, random)
    return text


def _slips(text: str, random: Random) -> str:
    """Swap, drop or double a letter inside some long words."""
    words = list(_LONG_WORD.finditer(text))
    chosen = random.sample(words, -(-len(words) // _SLIP_EVERY))
    for match in sorted(chosen, key=lambda match: -match.start()):
        at = random.randrange(match.start() + 1, match.end() - 2)
        pair = text[at : at + 2]
        slip = random.choice((pair[::-1], pair[0], pair[0] + pair))
        text = text[:at] + slip + text[at + 2 :]
    return text


def _greeting(text: str, random: Random) -> str:
    return f"{random.choice(_GREETINGS)} {text}"


def _closing(text: str, random: Random) -> str:
    return f"{text} {random.choice(_CLOSINGS)}"


def _emoji(text: str, random: Random) -> str:
    return f"{text} {random.choice(_EMOJI) * random.randint(1, 3)}"


def _link(text: str, random: Random) -> str:
    return f"{text} {random.choice(_LINKS)}"


def _no_full_stop(text: str, _random: Random) -> str:
    return text.rstrip(". ") or text


def _lower_case(text: str, _random: Random) -> str:
    return text.lower()


def _other_names(text: str, random: Random) -> str:
    """Each name becomes another of its office throughout, and two of them never the same one."""
    new: dict[str, str] = {}
    for office in _OFFICES:
        order = random.sample(office, len(office))
        new |= zip(order, [*order[1:], order[0]], strict=True)
    return _NAMES.sub(lambda match: new[match.group()], text)


# Slips and names twice: they were what flipped most.
_EDITS: tuple[Edit, ...] = (
    _slips,
    _slips,
    _greeting,
    _closing,
    _emoji,
    _link,
    _no_full_stop,
    _lower_case,
    _other_names,
    _other_names,
)
