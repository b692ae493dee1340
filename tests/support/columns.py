"""Columns of numbers as people have them, and as nobody does: n cells each, seen first or later."""

import numpy as np


def plain(rng, n, fresh):
    scale, offset = 10.0 ** rng.integers(-9, 13), rng.choice([0, 1e4, -1e9])
    return (rng.normal(size=n) + 3 * fresh) * scale + offset


def few(rng, n, fresh):
    return rng.integers(-2, 30 if fresh else int(rng.integers(2, 26)), n)


def mostly_one(rng, n, fresh):
    return np.where(rng.random(n) < 0.8, 7.0, rng.exponential(size=n).round(2))


def heavy_tails(rng, n, fresh):
    return np.exp(rng.normal(size=n) * (6 if fresh else 3)) * rng.choice([-1, 1])


def huge(rng, n, fresh):
    return rng.choice([1e307, 1.2e308, 1.3e308, 1.4e308, 1.5e308, 1.6e308][not fresh :], n)


def tiny(rng, n, fresh):
    return rng.integers(0, 40 if fresh else 20, n) * 5e-324


def close(rng, n, fresh):
    return 1 + rng.integers(0, 12 if fresh else 9, n) * 2.0**-52


def of_all_sizes(rng, n, fresh):
    sizes = 10.0 ** rng.integers(-300, 307 if fresh else 300, n)
    return rng.choice([-1, 1], n) * sizes


NUMBERS = [plain, few, mostly_one, heavy_tails, huge, tiny, close, of_all_sizes]
