"""The tasks of every contestant: the same examples, network, initial weights and learning rate."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

import neurona


@dataclass(frozen=True)
class Task:
    """One network, its data and its optimizer; one output means a sigmoid and a squared error.

    More outputs mean a softmax and its cross-entropy. `X` is float32 (n, n_in), and `y` holds the
    classes (n,). With a `batch_size` of None, every step takes all the examples.
    """

    title: str
    topology: tuple[int, ...]
    activation: str
    optimizer: str
    learning_rate: float
    X: np.ndarray
    y: np.ndarray
    batch_size: int | None
    chunk: int  # steps that a compiled contestant makes in one call
    learned: tuple[int, float]  # a number of steps, and the bound of the cost after them
    seed: int = 0

    @property
    def binary(self) -> bool:
        """Whether the output is one sigmoid, and not a softmax over classes."""
        return self.topology[-1] == 1

    @property
    def steps_per_epoch(self) -> int:
        """The number of batches in an epoch; the last one may be smaller."""
        return 1 if self.batch_size is None else -(-len(self.X) // self.batch_size)

    @property
    def targets(self) -> np.ndarray:
        """The targets in float32: a column of 0 and 1 (n, 1), or one-hot rows (n, k)."""
        if self.binary:
            return self.y[:, np.newaxis].astype(np.float32)
        return np.eye(self.topology[-1], dtype=np.float32)[self.y]

    def network(self) -> neurona.Network:
        """Return neurona's description of the network."""
        output = "sigmoid" if self.binary else "softmax"
        return neurona.network(list(self.topology), activation=self.activation, output=output)

    def initial_weights(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return each layer's W (n_in, n_out) and b (n_out,), the same for all contestants."""
        return [(W, b) for W, b in self.network().init(np.random.default_rng(self.seed))]

    def cost(self, prediction: np.ndarray) -> float:
        """Return the mean squared error, or the cross-entropy, of probabilities (n, n_out)."""
        if self.binary:
            return float(np.mean((prediction - self.targets) ** 2))
        of_the_right_class = prediction[np.arange(len(self.y)), self.y]
        return float(-np.mean(np.log(np.maximum(of_the_right_class, 1e-7))))

    def accuracy(self, prediction: np.ndarray) -> float:
        """Return the accuracy of probabilities (n, n_out)."""
        label = prediction[:, 0] > 0.5 if self.binary else prediction.argmax(axis=1)
        return float(np.mean(label == self.y))


def tutorial_step(seed: int = 0) -> Task:
    """Return the tutorial's step: 500 points of the circles, all in every step."""
    X, y = neurona.datasets.circles(n=500, factor=0.5, noise=0.05, rng=seed)
    return Task(
        title="tutorial step: 500 points, 2-4-8-1, sigmoid, full batch, gradient descent",
        topology=(2, 4, 8, 1),
        activation="sigmoid",
        optimizer="sgd",
        learning_rate=5.0,
        X=X.astype(np.float32),
        y=y,
        batch_size=None,
        chunk=250,
        learned=(2500, 0.05),
        seed=seed,
    )


def digits_step(seed: int = 0) -> Task:
    """Return the step on 1,797 real digits of 8 x 8 pixels, in mini-batches of 32."""
    X, y = neurona.datasets.digits()
    return Task(
        title="digits step: 64-64-10, ReLU, softmax, batch 32, Adam",
        topology=(64, 64, 10),
        activation="relu",
        optimizer="adam",
        learning_rate=0.001,
        X=X.astype(np.float32),
        y=y,
        batch_size=32,
        chunk=228,  # four epochs
        learned=(1140, 0.2),
        seed=seed,
    )


def mnist_size_step(seed: int = 0) -> Task:
    """Return a step of MNIST's size on synthetic examples: ten noisy patterns of 784 pixels."""
    rng = np.random.default_rng(seed)
    y = rng.integers(10, size=4096)
    X = 0.5 * rng.random((10, 784))[y] + 0.5 * rng.random((4096, 784))
    return Task(
        title="MNIST-size step: 784-128-10, ReLU, softmax, batch 128, Adam",
        topology=(784, 128, 10),
        activation="relu",
        optimizer="adam",
        learning_rate=0.001,
        X=X.astype(np.float32),
        y=y,
        batch_size=128,
        chunk=128,  # four epochs
        learned=(320, 0.1),
        seed=seed,
    )


STEPS = {"tutorial": tutorial_step, "digits": digits_step, "mnist": mnist_size_step}


def circles_to_99(seed: int = 0) -> Task:
    """Return the circles with good settings, in chunks of 25 steps."""
    return replace(
        tutorial_step(seed),
        title="circles to 99 %: 500 points, 2-4-8-1, sigmoid, full batch, Adam",
        optimizer="adam",
        learning_rate=0.05,
        chunk=25,
    )
