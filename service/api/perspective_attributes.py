"""Perspective's attributes: which stance a name stands for, under which version, in which languages."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from model.labels import LABELS, Stance
from service.api.perspective_errors import PerspectiveError
from service.api.perspective_schemas import AnalyzeRequest, SuggestRequest

_STANCES = {label.value.upper(): label for label in LABELS}
_NAMES = ", ".join(_STANCES)
_LEAST_SUGGESTED = 0.5


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute as requested: `name` may hold a version, and scores below `threshold` are not wanted."""

    name: str
    stance: Stance
    version: str | None
    threshold: float


def requested(body: AnalyzeRequest) -> list[Attribute]:
    """Return the attributes of a request.

    Raises:
        PerspectiveError: there is none, or one that there is not here.
    """
    if not body.requested_attributes:
        raise PerspectiveError(f"Missing requested_attributes; there are {_NAMES}", errorType="NO_REQUESTED_ATTRIBUTES")
    return [_attribute(name, wanted.score_threshold) for name, wanted in body.requested_attributes.items()]


def in_supported_languages(
    attributes: Sequence[Attribute], body: AnalyzeRequest, *, detected: Sequence[str] = ()
) -> Sequence[Attribute]:
    """Return `attributes` where the languages stated, or else those detected, are English.

    Raises:
        PerspectiveError: they are not, and the request does not ask for attributes to be dropped then.
    """
    if not _foreign(body.languages or detected):
        return attributes
    if body.drop_unsupported_attributes:
        return ()
    raise _language_error(attributes[0].name, requested=body.languages, detected=detected)


def check_versions(attributes: Sequence[Attribute], *, served: str) -> None:
    """Raises `PerspectiveError` where a version is pinned that did not answer."""
    for attribute in attributes:
        if attribute.version not in (None, served):
            raise PerspectiveError(
                f"{attribute.name}: version {served} is served. Ask for {attribute.stance.upper()}@{served}, or have "
                f"the other one served: stance models promote {attribute.version}, or "
                f"POST /v1/models/{attribute.version}/promote"
            )


def suggested(body: SuggestRequest) -> Stance:
    """Return the stance that a suggestion says a comment has.

    Raises:
        PerspectiveError: an attribute or the language is not known here, or no attribute stands out.
    """
    scores = {name: given.summary_score.value for name, given in body.attribute_scores.items() if given.summary_score}
    attributes = {_attribute(name, 0.0): value for name, value in scores.items()}
    highest = max(attributes.values(), default=0.0)
    best = [attribute for attribute, value in attributes.items() if value == highest]
    if highest < _LEAST_SUGGESTED or len(best) > 1:
        raise PerspectiveError(
            f"attributeScores must give one of {_NAMES} the highest summaryScore.value, of at least "
            f"{_LEAST_SUGGESTED}: that one becomes the comment's label"
        )
    if _foreign(body.languages):
        raise _language_error(best[0].name, requested=body.languages)
    return best[0].stance


def _foreign(languages: Sequence[str]) -> list[str]:
    return [language for language in languages if re.split("[-_]", language.lower())[0] != "en"]


def _language_error(name: str, *, requested: Sequence[str], detected: Sequence[str] = ()) -> PerspectiveError:
    given = {"requestedLanguages": _foreign(requested)} if requested else {"detectedLanguages": _foreign(detected)}
    foreign = ", ".join(*given.values())
    return PerspectiveError(
        f"Attribute {name} does not support request languages: {foreign}; it supports en",
        errorType="LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE",
        languageNotSupportedByAttributeError={**given, "attribute": name},
    )


def _attribute(name: str, threshold: float) -> Attribute:
    known, _, version = name.partition("@")
    if known not in _STANCES:
        raise PerspectiveError(f"Unknown requested attribute: {name}; there are {_NAMES}")
    return Attribute(name, _STANCES[known], version or None, threshold)
