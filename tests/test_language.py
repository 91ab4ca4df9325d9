"""Guessing the language."""

import pytest

from model.language import LanguageGuesser


@pytest.fixture(scope="module")
def guesser() -> LanguageGuesser:
    return LanguageGuesser()


@pytest.mark.parametrize(
    "text", ["", "No.", "мир", "12345678901234567890123", "🙂" * 40, "Da, tovarish!", "@user http"]
)
def test_a_short_text_gives_none(guesser: LanguageGuesser, text: str) -> None:
    assert guesser.guess(text) is None


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Нельзя верить Москве, пока танки стоят у чужих городов.", "ru"),
        ("Санкции никому не помогли, только цены выросли.", "ru"),
        ("Не можна довіряти жодному слову, яке лунає з Кремля сьогодні.", "uk"),
        ("Der Dialog mit Moskau ist der einzige Weg aus dieser Krise, meine ich.", "de"),
        ("Il faut parler avec Moscou, sinon cette guerre ne finira jamais.", "fr"),
        ("Hay que hablar con Moscú antes de que sea demasiado tarde para todos.", "es"),
        ("We should sit down with Moscow before this war swallows the whole continent.", "en"),
    ],
)
def test_plain_sentences_are_recognized(guesser: LanguageGuesser, text: str, language: str) -> None:
    assert guesser.guess(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "lol nah bruh ur totally trippin if u think putin gonna keep his word smh",
        "imo they're tryna gaslight us, wtf is this clown show even abt??",
        "yeah right, sanctions r workin gr8... NOT lmao",
        "OMG!!! STOP FEEDING THE BEAR ALREADY, YALL R NUTS!!!",
        "Gonna b honest wit ya folks, dem russkies aint our pals",
        "Glasnost, perestroika, detente: been there, done that, comrade",
        "Putin Lavrov Zelensky Moscow Kyiv Donetsk Crimea",
    ],
)
def test_english_full_of_slang_and_names_is_not_called_foreign(guesser: LanguageGuesser, text: str) -> None:
    assert guesser.guess(text) in (None, "en")
