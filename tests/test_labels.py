"""The three labels and their one order."""

import json

from model.labels import LABELS, Stance


def test_order_is_the_one_that_weights_and_files_were_made_with() -> None:
    assert LABELS == (Stance.SKEPTICAL, Stance.SUPPORTIVE, Stance.NEUTRAL)


def test_a_label_is_written_as_its_plain_name() -> None:
    assert json.dumps(list(LABELS)) == '["skeptical", "supportive", "neutral"]'
    assert f"{Stance.NEUTRAL}" == "neutral"


def test_a_label_is_read_from_its_name() -> None:
    assert Stance("supportive") is Stance.SUPPORTIVE
