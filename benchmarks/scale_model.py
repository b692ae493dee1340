"""The time of a training over devices and hosts: a model of a few constants, on paper.

A step's batch is split over p devices, each computes its part, and a ring sums the gradients up
[1]_. Nothing overlaps: all gradients are summed up as one array, when the last of them is there,
and the next step begins with the result; the engine reads the rows of the next steps when the last
ones are over. So the parts of the time add up:

    step  = fixed + layers · layer + parameters · parameter
            + ⌈batch / p⌉ · (multiply_adds · multiply_add + values · value) + batch · drawn
            + 2 (p - 1) / p · bytes / bandwidth + 2 (p - 1) · latency
    epoch = ⌈rows / batch⌉ · step + rows / hosts · read + gathers · (p - 1) · gather
    training = start + epochs · epoch

Seconds, bytes, and bytes per second throughout; a device is what computes the constants of a
:class:`Device`, here one core.

References
----------
.. [1] Thakur, Rabenseifner and Gropp, "Optimization of collective communication operations in
   MPICH", 2005; Patarasuk and Yuan, "Bandwidth optimal all-reduce algorithms for clusters of
   workstations", 2009.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil, inf

import numpy as np

FLOAT = 4  # bytes of a float32
MOST, HELD = 64, 2**22  # batches, and their bytes, that the engine reads before it takes steps


@dataclass(frozen=True)
class Dense:
    """The work of a step of a dense network of some sizes.

    >>> net = Dense((30, 64, 64, 1))
    >>> net.parameters, net.multiply_adds, net.values, net.layers
    (6209, 16320, 159, 3)
    """

    sizes: tuple[int, ...]

    @property
    def products(self) -> list[int]:
        """Multiply-adds of each layer's product, an example's."""
        return [n_in * n_out for n_in, n_out in zip(self.sizes, self.sizes[1:], strict=False)]

    @property
    def parameters(self) -> int:
        """Weights and biases."""
        return sum(self.products) + sum(self.sizes[1:])

    @property
    def multiply_adds(self) -> int:
        """An example's: forward, by the weights, and by the inputs but for the first layer's."""
        return 3 * sum(self.products) - self.products[0]

    @property
    def values(self) -> int:
        """Numbers of an example that are read and written: its inputs, and those of each layer."""
        return sum(self.sizes)

    @property
    def layers(self) -> int:
        """Dense layers."""
        return len(self.sizes) - 1

    @property
    def bytes(self) -> int:
        """Bytes that are summed up in a step: the gradients, the cost, and the parts' weight."""
        return FLOAT * (self.parameters + 2)


@dataclass(frozen=True)
class Device:
    """Seconds that each thing takes on one device."""

    fixed: float
    layer: float
    parameter: float
    multiply_add: float
    value: float
    drawn: float = 0.0  # of an example of the whole batch: each process draws them all

    def scaled(self, speed: float) -> Device:
        """Return a device that is so many times faster in all but what the host does."""
        its = {name: getattr(self, name) / speed for name in ("parameter", "multiply_add", "value")}
        return replace(self, **its)

    def example(self, net: Dense) -> float:
        """Return the seconds that each example of a batch adds to a step."""
        return net.multiply_adds * self.multiply_add + net.values * self.value

    def compute(self, net: Dense, batch: float, p: int = 1) -> float:
        """Return the seconds of a step without communication."""
        a_step = self.fixed + net.layers * self.layer + net.parameters * self.parameter
        return a_step + ceil(batch / p) * self.example(net) + batch * self.drawn


@dataclass(frozen=True)
class Link:
    """The way from one process to the next: seconds of a message, and bytes per second."""

    latency: float
    bandwidth: float

    def all_reduce(self, p: int, size: float, arrays: int = 1) -> float:
        """Return the seconds in which a ring of p sums up arrays of so many bytes together.

        >>> Link(1, 10).all_reduce(1, 100), Link(1, 10).all_reduce(2, 100)
        (0.0, 12.0)
        """
        return 2 * (p - 1) * (arrays * self.latency + size / p / self.bandwidth)

    def over(self, wire: Link) -> Link:
        """Return the link of this software over a wire: latencies add up, the slower one bounds."""
        return Link(self.latency + wire.latency, min(self.bandwidth, wire.bandwidth))


@dataclass(frozen=True)
class Cluster:
    """Hosts alike, a device each, linked in a ring; what reading and starting take."""

    device: Device
    link: Link
    read: float = 0.0  # seconds of a row, in each epoch
    gather: float = 0.0  # in which a process asks another how long its batches are, if it reads
    start: float = 0.0  # of one process, with its compilation
    connect: float = 0.0  # further, of several

    def step(self, net: Dense, batch: float, hosts: int = 1) -> float:
        """Return the seconds of a step."""
        shared = self.link.all_reduce(hosts, net.bytes)
        return self.device.compute(net, batch, hosts) + shared

    def epoch(
        self, net: Dense, rows: float, batch: int, hosts: int = 1, each: bool = False
    ) -> float:
        """Return the seconds of an epoch.

        ``each``: the batch is that of each host, so that an epoch of more hosts has fewer steps.
        """
        batch = batch * hosts if each else batch
        steps = ceil(rows / batch)
        gathers = ceil(steps / batches_at_once(net, batch / hosts)) if self.read else 0
        told = gathers * (hosts - 1) * self.gather
        return steps * self.step(net, batch, hosts) + rows / hosts * self.read + told

    def training(
        self, net: Dense, rows: float, batch: int, hosts: int = 1, epochs: int = 10
    ) -> float:
        """Return the seconds of a training."""
        start = self.start + (self.connect if hosts > 1 else 0.0)
        return start + epochs * self.epoch(net, rows, batch, hosts)

    def best(self, net: Dense, rows: float, batch: int, each: bool = False, most: int = 100) -> int:
        """Return the number of hosts, up to so many, with the shortest epoch."""
        hosts = range(1, most + 1)
        return min(hosts, key=lambda these: self.epoch(net, rows, batch, these, each))

    def batch_that_pays(self, net: Dense, hosts: int) -> float:
        """Return the batch from which on so many hosts take a step faster than one.

        There, what is saved by computing a share of the examples is what communication takes.
        """
        saved = self.device.example(net) * (1 - 1 / hosts)
        return self.link.all_reduce(hosts, net.bytes) / saved if saved else inf

    def rows_that_pay(
        self, net: Dense, batch: int, hosts: int, epochs: int = 10, each: bool = False
    ) -> float:
        """Return the rows, a batch at least, from which on so many hosts end sooner than one."""
        whole = batch * hosts if each else batch
        many = 10**6 * whole  # of which each row saves as much as of more
        saved = self.epoch(net, many, batch) - self.epoch(net, many, batch, hosts, each)
        return max(whole, self.connect / epochs * many / saved) if saved > 0 else inf


def batches_at_once(net: Dense, batch: float) -> int:
    """Return how many batches the engine reads before it takes steps.

    >>> batches_at_once(Dense((30, 64, 1)), 1024), batches_at_once(Dense((30, 64, 1)), 8)
    (33, 64)
    """
    return min(MOST, max(1, int(HELD / (batch * (net.sizes[0] + net.sizes[-1]) * FLOAT))))


def fitted_device(measured: Sequence[tuple[Dense, int, float]], drawn: float = 0.0) -> Device:
    """Return the constants that fit seconds of steps of networks at batches, in their ratios.

    None is negative.
    """
    from scipy.optimize import nnls

    seconds = np.array([taken - batch * drawn for _, batch, taken in measured])
    terms = np.array(
        [
            [1, net.layers, net.parameters, batch * net.multiply_adds, batch * net.values]
            for net, batch, _ in measured
        ]
    )
    scale = (terms / seconds[:, None]).max(axis=0)  # so that the terms are of one size
    found, _ = nnls(terms / seconds[:, None] / scale, np.ones(len(seconds)))
    return Device(*(float(one) for one in found / scale), drawn)


def fitted_link(measured: Sequence[tuple[float, float]]) -> Link:
    """Return the link that fits bytes and seconds of all-reduces of two, in their ratios."""
    from scipy.optimize import nnls

    size, seconds = np.array(measured, float).T
    found, _ = nnls(np.stack([2 / seconds, size / seconds], axis=1), np.ones(len(size)))
    latency, a_byte = map(float, found)
    return Link(latency, 1 / a_byte if a_byte else inf)


def errors(pairs: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """Return the median and the largest factor between predictions and measurements.

    >>> errors([(1.0, 1.0), (2.0, 1.0), (1.0, 4.0)])
    (2.0, 4.0)
    """
    factors = [max(one / other, other / one) for one, other in pairs]
    return float(np.median(factors)), max(factors)
