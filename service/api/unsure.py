"""Keeps texts on which the model is unsure for people to label, where the operator wants that."""

import logging

from starlette.concurrency import run_in_threadpool

from model.records import TextInput
from service.api.state import Services
from service.batcher import Answer
from service.store.database import DatabaseError

logger = logging.getLogger(__name__)


async def keep_unsure(item: TextInput, answer: Answer, services: Services) -> None:
    """Put `item` into the review queue if the model abstained on it. A database that fails costs no answer."""
    prediction = answer.texts[0].prediction
    if not (services.settings.store_texts and prediction.abstained):
        return
    try:
        await run_in_threadpool(services.review.add, [item], [prediction], model=answer.model.reference)
    except DatabaseError as error:
        logger.warning("a text was not put into the review queue: %s", error)
