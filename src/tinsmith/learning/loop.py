"""The training loop. Import this only where torch is wanted.

All windows stay in memory as one tensor; batches are lists of indices, which for small models
beats any data loader.
"""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Generator, Tensor, nn

from tinsmith.core.cores import cores
from tinsmith.core.errors import DesignError
from tinsmith.core.progress import Progress, Step
from tinsmith.learning.augmentation import augment
from tinsmith.learning.config import Epoch, NetworkConfig, TrainingData
from tinsmith.learning.folding import fold
from tinsmith.learning.network import Network
from tinsmith.learning.operators import Operator
from tinsmith.learning.split import Split, split

_WARM_UP = 0.05
_EVALUATION_BATCH = 512
_REGRESSION_LOSSES: dict[str, Callable[[], nn.Module]] = {
    "mse": nn.MSELoss,
    "huber": nn.HuberLoss,
    "mae": nn.L1Loss,
}


@dataclass(frozen=True)
class Trained:
    """What the loop returns; `representative` are the windows to quantise with."""

    operators: tuple[Operator, ...]
    parameters: int
    history: tuple[Epoch, ...]
    best_epoch: int
    warnings: tuple[str, ...]
    representative: npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Unit:
    """How the values of a regression are standardised: y = value * scale + shift."""

    scale: float = 1.0
    shift: float = 0.0


def train(config: NetworkConfig, data: TrainingData, progress: Progress) -> Trained:
    """Trains on checked data; the weights of the best validation epoch are kept."""
    with _reproducible(int(config.settings["seed"]), int(config.settings["threads"])):
        session = _Session(config, data)
        history, best = session.run(progress)
        is_classifier = config.task == "classification"
        network = session.network.cpu().eval()
        operators = fold(
            network,
            has_softmax=is_classifier,
            output_scale=session.unit.scale,
            output_shift=session.unit.shift,
        )
    warnings = (session.parts.warning,) if session.parts.warning else ()
    return Trained(
        operators, network.num_parameters(), history, best, warnings, session.parts.training
    )


class _Session:
    """Everything one training holds on to."""

    def __init__(self, config: NetworkConfig, data: TrainingData) -> None:
        self.settings = config.settings
        self.data_shape = data.shape
        self.is_classifier = config.task == "classification"
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.generator = Generator().manual_seed(int(self.settings["seed"]))
        self.parts = self._split(data)
        self.unit = self._unit(data)
        self.features = torch.from_numpy(np.ascontiguousarray(data.features, np.float32)).to(
            self.device
        )
        self.targets = self._targets(data).to(self.device)
        outputs = len(data.classes) if self.is_classifier else 1
        self.network = Network(config.layers, data.shape.dims, outputs).to(self.device)
        self.criterion = self._criterion(smoothing=float(self.settings["label_smoothing"]))
        self.judge = self._criterion(smoothing=0.0)

    def _split(self, data: TrainingData) -> Split:
        strata = data.targets if self.is_classifier else np.zeros(len(data.targets))
        share = float(self.settings["validation_share"])
        chance = np.random.default_rng(int(self.settings["seed"]))
        return split(strata.astype(np.int64), data.groups, share, chance)

    def _unit(self, data: TrainingData) -> _Unit:
        if self.is_classifier:
            return _Unit()
        values = np.asarray(data.targets, np.float64)[self.parts.training]
        return _Unit(float(values.std()) or 1.0, float(values.mean()))

    def _targets(self, data: TrainingData) -> Tensor:
        if self.is_classifier:
            return torch.from_numpy(data.targets.astype(np.int64))
        values = (np.asarray(data.targets, np.float64) - self.unit.shift) / self.unit.scale
        return torch.from_numpy(values.astype(np.float32)[:, None])

    def _criterion(self, smoothing: float) -> nn.Module:
        if not self.is_classifier:
            return _REGRESSION_LOSSES[self.settings["loss"]]()
        weights = None
        if self.settings["class_weights"] == "auto":
            counts = torch.bincount(self.targets[self._on_device(self.parts.training)])
            weights = counts.sum() / (len(counts) * counts.clamp(min=1))
        return nn.CrossEntropyLoss(weight=weights, label_smoothing=smoothing)

    def _on_device(self, indices: npt.NDArray[np.int64]) -> Tensor:
        return torch.from_numpy(indices).to(self.device)

    def run(self, progress: Progress) -> tuple[tuple[Epoch, ...], int]:
        """All epochs; returns the history and the epoch whose weights the network now has."""
        epochs, patience = int(self.settings["epochs"]), int(self.settings["patience"])
        optimiser, schedule = self._optimiser(epochs)
        best_loss, best_epoch, best_state = math.inf, 0, None
        history: list[Epoch] = []
        for index in range(epochs):
            loss, metric = self._train_epoch(optimiser, schedule)
            epoch = Epoch(loss, metric, *self._evaluate())
            history.append(epoch)
            scores = {k: v for k, v in asdict(epoch).items() if v is not None}
            progress(Step("train", index + 1, epochs, self._note(epoch), scores))
            if epoch.validation_loss is None:
                best_epoch = index
            elif epoch.validation_loss < best_loss:
                best_loss, best_epoch = epoch.validation_loss, index
                best_state = copy.deepcopy(self.network.state_dict())
            elif patience and index - best_epoch >= patience:
                break
        if best_state is not None:
            self.network.load_state_dict(best_state)
        return tuple(history), best_epoch

    def _optimiser(
        self, epochs: int
    ) -> tuple[torch.optim.Optimizer, torch.optim.lr_scheduler.LambdaLR]:
        rate = float(self.settings["learning_rate"])
        parameters = self.network.parameters()
        optimiser: torch.optim.Optimizer
        if self.settings["optimizer"] == "adamw":
            decay = float(self.settings["weight_decay"])
            optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=decay)
        else:
            optimiser = torch.optim.Adam(parameters, lr=rate)
        total = epochs * len(self._batches(np.arange(len(self.parts.training))))
        is_cosine = self.settings["schedule"] == "cosine"

        def factor(step: int) -> float:
            warm = min(1.0, (step + 1) / max(1.0, _WARM_UP * total))
            return warm * (0.5 * (1 + math.cos(math.pi * step / total)) if is_cosine else 1.0)

        return optimiser, torch.optim.lr_scheduler.LambdaLR(optimiser, factor)

    def _batches(self, order: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
        """Nearly equal batches, so that none is a single window (batch norm needs two)."""
        count = max(1, -(-len(order) // int(self.settings["batch_size"])))
        if len(order) // count < 2 <= len(order):
            count = len(order) // 2
        return np.array_split(order, count)

    def _train_epoch(
        self,
        optimiser: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LambdaLR,
    ) -> tuple[float, float]:
        self.network.train(len(self.parts.training) > 1)
        shuffled = torch.randperm(len(self.parts.training), generator=self.generator).numpy()
        losses, metrics, weights = [], [], []
        for batch in self._batches(self.parts.training[shuffled]):
            indices = self._on_device(batch)
            inputs = augment(
                self.features[indices],
                self.data_shape,
                str(self.settings["augmentation"]),
                self.generator,
            )
            outputs = self.network(inputs)
            loss = self.criterion(outputs, self.targets[indices])
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            self._clip()
            optimiser.step()
            schedule.step()
            losses.append(float(loss.detach()))
            metrics.append(self._metric(outputs.detach(), self.targets[indices]))
            weights.append(len(batch))
        mean_loss = float(np.average(losses, weights=weights))
        if not math.isfinite(mean_loss):
            raise DesignError(
                f"training diverged: the loss became {mean_loss}",
                hint="lower learning_rate, or standardise the features",
            )
        return mean_loss, float(np.average(metrics, weights=weights))

    def _clip(self) -> None:
        if limit := float(self.settings["gradient_clip"]):
            nn.utils.clip_grad_norm_(self.network.parameters(), limit)

    def _evaluate(self) -> tuple[float | None, float | None]:
        if not len(self.parts.validation):
            return None, None
        self.network.eval()
        indices = self._on_device(self.parts.validation)
        with torch.no_grad():
            batches = torch.split(indices, _EVALUATION_BATCH)
            parts = [self.network(self.features[batch]) for batch in batches]
        outputs, targets = torch.cat(parts), self.targets[indices]
        return float(self.judge(outputs, targets)), self._metric(outputs, targets)

    def _metric(self, outputs: Tensor, targets: Tensor) -> float:
        if self.is_classifier:
            return float((outputs.argmax(dim=1) == targets).float().mean())
        return float((outputs - targets).abs().mean()) * self.unit.scale

    def _note(self, epoch: Epoch) -> str:
        name = "accuracy" if self.is_classifier else "mean error"
        if epoch.validation_loss is None:
            return f"{name} {epoch.metric:.3f}, loss {epoch.loss:.3f}"
        return f"validation {name} {epoch.validation_metric:.3f}, training {epoch.metric:.3f}"


@contextmanager
def _reproducible(seed: int, threads: int) -> Iterator[None]:
    """Seeds torch and asks for deterministic kernels; puts all of it back afterwards."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    was_deterministic = torch.are_deterministic_algorithms_enabled()
    old_threads = torch.get_num_threads()
    torch.use_deterministic_algorithms(True, warn_only=torch.cuda.is_available())
    torch.set_num_threads(threads or cores())
    try:
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            yield
    finally:
        torch.set_num_threads(old_threads)
        torch.use_deterministic_algorithms(was_deterministic)
