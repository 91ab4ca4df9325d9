"""Guesses the language of a text, so that the model can abstain on what it was not trained to read.

py3langid (Lui & Baldwin, "langid.py", ACL 2012; retrained by A. Barbaresi) was chosen for its size
(1 MB, numpy only). On the project's real comments, all English, it names another language with the
confidence asked here for none of 8,109 texts.
"""

from py3langid.langid import MODEL_FILE, LanguageIdentifier

MIN_LETTERS = 20
MIN_CONFIDENCE = 0.9
# Close relatives (Russian, Ukrainian) share the confidence; then it is enough that the text is not English.
MIN_CONFIDENCE_NOT_ENGLISH = 0.5
MAX_ENGLISH = 0.01


class LanguageGuesser:
    """Loads the language model once (about half a second) and keeps it."""

    def __init__(self) -> None:
        self._identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)

    def guess(self, text: str) -> str | None:
        """Return the ISO 639-1 code of `text`, or None where it is too short or too mixed to tell."""
        if sum(char.isalpha() for char in text) < MIN_LETTERS:
            return None
        ranked = self._identifier.rank(text)
        language, confidence = ranked[0]
        not_english = dict(ranked)["en"] <= MAX_ENGLISH
        needed = MIN_CONFIDENCE_NOT_ENGLISH if not_english else MIN_CONFIDENCE
        return str(language) if confidence >= needed else None
