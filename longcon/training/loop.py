"""The training loop: Adamax on minibatches taken in order with stride k (paper, equation 1 and Section IV-C)."""

from __future__ import annotations

from collections.abc import Callable, Collection

import torch
from torch import nn

from longcon.errors import BuildError
from longcon.training.checkpoint import Checkpoint, OnCheckpoint, unusable
from longcon.training.chronicle import Chronicle
from longcon.training.generic import GenericTrainer
from longcon.training.initialisation import case_order
from longcon.training.method import Method, PaperMethod
from longcon.training.native import NativeTrainer
from longcon.training.ordering import Ordering
from longcon.training.recipe import Recipe
from longcon.training.recorder import Asked, Curvature, Recorder
from longcon.training.result import Cases, Training
from longcon.training.start import hold, natural_ordering, started
from longcon.training.trainer import Trainer
from longcon.training.ways import way_to_train


def train(
    recipe: Recipe,
    classes: int,
    training: Cases,
    holdout: Cases,
    prospective: Cases,
    *,
    device: torch.device,
    record: Collection[int],
    keep_best: bool,
    ordering: Ordering | None = None,
    on_epoch: Callable[[int], None] = lambda _: None,
    detail: bool = False,
    curvature: Curvature | None = None,
    curvature_every: int = 0,
    resume: Checkpoint | None = None,
    on_checkpoint: OnCheckpoint = lambda *_: None,
    method: Method | None = None,
) -> Training:
    """Trains one build and returns what was recorded of it.

    Where it goes on from a checkpoint, it returns the bits of the uninterrupted training.

    Args:
        recipe: what fixes the training in software.
        classes: number of classes.
        training: the training split, labels required.
        holdout: the hold-out, labels required.
        prospective: the prospective set.
        device: where to train.
        record: epochs to keep; 0 is the initial state.
        keep_best: keep the best hold-out epoch as well (for the original build).
        ordering: the order of sums of a surrogate device; natural when None.
        on_epoch: called with the number of every finished epoch.
        detail: keep `Detail` of every step as well.
        curvature: measures a minibatch before its update; it must leave the model as it was.
        curvature_every: at which updates: every so many, from the first on; 0 for none.
        resume: go on from it: of the same data, device and ordering, and of the same arguments.
        on_checkpoint: called after every finished epoch with what makes its checkpoint.
        method: model, loss and optimiser; the paper's when None.

    Raises:
        BuildError: the loss or a parameter is not finite.
        StoreError: ``resume`` is of another recipe, of other arguments or of another size.
        RecipeError: k is above the number of cases, or the arithmetic or the method cannot give what is asked for.
    """
    recipe.fits(len(training.values))
    if holdout.labels is None:
        raise BuildError("The hold-out has no labels: give every hold-out case its class.")
    asked = Asked(detail, curvature, curvature_every)
    trainer = trainer_for(recipe, classes, training, device, ordering, asked, method)
    chronicle = Chronicle(trainer, holdout, prospective, record, keep_best=keep_best)
    recorder = trainer.recorder
    assert recorder is not None
    if resume is None:
        chronicle.begin()
    else:
        _resume(resume, recipe, trainer, chronicle)
    for epoch in range(1 + (resume.epoch if resume else 0), recipe.epochs + 1):
        chronicle.add(epoch, trainer.epoch())
        on_epoch(epoch)
        on_checkpoint(epoch, lambda: chronicle.checkpoint(recipe, recorder))
    return chronicle.finished(recorder.trajectory())


def _resume(checkpoint: Checkpoint, recipe: Recipe, trainer: Trainer, chronicle: Chronicle) -> None:
    try:
        checkpoint.fits(recipe)
        trainer.resume(checkpoint)
        chronicle.resume(checkpoint)
    except ValueError as error:
        raise unusable(str(error)) from error


def trainer_for(
    recipe: Recipe,
    classes: int,
    training: Cases,
    device: torch.device,
    ordering: Ordering | None,
    asked: Asked | None = None,
    method: Method | None = None,
) -> Trainer:
    """Returns a trainer at its initial state, in the recipe's arithmetic.

    Args:
        recipe: what fixes the training in software.
        classes: number of classes.
        training: the training split, labels required.
        device: where to train.
        ordering: the order of sums; natural when None.
        asked: what to keep of every step beyond what is always kept; nothing is kept of any when None.
        method: model, loss and optimiser; the paper's when None.

    Raises:
        BuildError: the training split has no labels.
        RecipeError: the arithmetic or the method cannot give what is asked for.
    """
    if training.labels is None:
        raise BuildError("The training split has no labels: give every training case its class.")
    method = method or PaperMethod()
    features = training.values.shape[1]
    model = started(method, features, classes, recipe)
    way = way_to_train(method, model, recipe, asked)
    ordering = ordering or natural_ordering(model, features)
    hold(model, ordering, device)
    order = case_order(len(training.labels), recipe.seed)
    values, labels = training.values[order], training.labels[order]
    recorder = None if asked is None else Recorder(recipe, model, ordering, len(labels), asked)
    if way == "generic":
        return GenericTrainer(recipe, method, model, values, labels, device, ordering, recorder)
    # Of the other two, loss and optimiser are known to be the paper's.
    assert isinstance(model, nn.Sequential)
    if way == "native":
        return NativeTrainer(recipe, model, values, labels, device, ordering, recorder)
    # Imported where it is used: native training does not wait for a compiler to load.
    from longcon.training.portable import PortableTrainer  # noqa: PLC0415

    return PortableTrainer(recipe, model, values, labels, device, ordering, recorder=recorder)
