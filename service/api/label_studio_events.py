"""Reads labels from what Label Studio's webhook sends."""

from collections.abc import Mapping

from model.errors import TextError
from service.api.errors import InvalidRequestError
from service.api.items import read_text
from service.api.label_studio_config import LabelConfig, parse_label_config
from service.api.label_studio_schemas import AnnotatedTask, Annotation, Event, Person
from service.store.idempotency import Once
from service.store.labels import NewLabel

SOURCE = "label-studio"


def read_labels(event: Event, *, max_chars: int) -> list[tuple[NewLabel, Once | None]]:
    """Return the labels in `event`, each with the key under which it is stored once.

    What was skipped, has no stance or a text of no use is left out.

    Raises:
        InvalidRequestError: a part of the event is missing, or the project's configuration is not for us.
    """
    if event.project is None:
        raise _missing("/project")
    if not event.annotation:
        raise _missing("/annotation")
    config = parse_label_config(event.project.label_config, pointer="/project/label_config")
    tasks = {task.id: task for task in event.task}
    found = []
    for annotation in event.annotation:
        label = _label(annotation, _task_of(annotation, tasks), config, project=event.project.id, max_chars=max_chars)
        if label:
            found.append((label, _once(annotation)))
    return found


def _label(
    annotation: Annotation, task: AnnotatedTask, config: LabelConfig, *, project: int, max_chars: int
) -> NewLabel | None:
    choices = [
        choice
        for region in annotation.result
        if region.from_name == config.from_name
        for choice in region.value.choices
    ]
    stance = None if annotation.was_cancelled else config.stance_of(choices)
    if stance is None:
        return None
    try:
        text = read_text(config.text_of(task.data), config.context_of(task.data), max_chars=max_chars)
    except TextError:
        return None
    names = {"text_id": f"{project}/{task.id}", "annotator": _annotator(annotation.completed_by)}
    return NewLabel(text.text, stance, SOURCE, context=text.context, **names)


def _task_of(annotation: Annotation, tasks: Mapping[int, AnnotatedTask]) -> AnnotatedTask:
    task = next(iter(tasks.values()), None) if annotation.task is None else tasks.get(annotation.task)
    if task is None:
        raise _missing("/task")
    return task


def _missing(pointer: str) -> InvalidRequestError:
    why = "is missing; let the webhook send its payload"
    return InvalidRequestError("the event is incomplete", fields={pointer: why})


def _annotator(who: int | Person | None) -> str | None:
    """An id before an address: some events hold only the id, and one person should have one name."""
    found = (who.email if who.id is None else who.id) if isinstance(who, Person) else who
    return None if found is None else str(found)


def _once(annotation: Annotation) -> Once | None:
    if annotation.updated_at is None:
        return None
    return Once(client=SOURCE, key=f"annotation-{annotation.id}-{annotation.updated_at}")
