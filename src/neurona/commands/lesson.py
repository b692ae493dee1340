"""``neurona demo tutorial``: the lesson's failure, its cause and its cure, in numbers."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING

from neurona import datasets
from neurona.commands.demo import writable
from neurona.lesson import cure
from neurona.observe import figures
from neurona.observe.film import Film
from neurona.observe.scores import format_cost
from neurona.saving import replace

if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator

    from neurona.engine.training import State

BAR = 24  # columns

NOT_HERE = (
    "topology", "activation", "cost", "optimizer", "learning_rate", "batch_size", "steps", "every",
    "arms", "classes", "noise",
)  # fmt: skip


def run(given: Namespace) -> int:
    """Measure, report, and save a picture of the gradients and a film of the cured network."""

    def say(text: str = "") -> None:
        if not given.quiet:
            print(text, flush=True)

    for name in NOT_HERE:
        if getattr(given, name) is not None:
            raise ValueError(
                f"--{name.replace('_', '-')} is not for the tutorial, which trains the lesson's "
                "networks unchanged: it takes --seed, --output and --quiet"
            )
    output = writable(given.output)
    seed = given.seed
    say(f"The lesson's deep network, {'-'.join(map(str, cure.DEEP))}, sigmoid, on the circles\n")

    say(f"1. The failure: the lesson's program, {cure.STEPS:,} steps")
    for failure in cure.failures(seed):
        low, high = failure.outputs
        say(
            f"   rate {failure.rate:<5g}  cost {format_cost(failure.cost)}   "
            f"outputs between {low:.3f} and {high:.3f}"
        )
    say("   A network that predicts 0.5 for every point has a cost of 0.25.\n")

    lesson, scaled = (cure.gradient_sizes(name) for name in ("uniform", "orthogonal"))
    say("2. The cause: the size of dW in each layer before any step (median of 20, log scale)")
    say("   layer   the lesson's weights" + " " * (BAR - 9) + "scaled to the layer's width")
    floor = min(lesson.min(), scaled.min()) / 2
    top = max(lesson.max(), scaled.max())
    for i, (a, b) in enumerate(zip(lesson, scaled, strict=True)):
        say(f"   {i + 1:>5}   {_bar(a, floor, top)}  {a:.1e}   {_bar(b, floor, top)}  {b:.1e}")
    say(
        f"   It shrinks {lesson[-1] / lesson[0]:,.0f} times from the last layer to the first: the "
        "sigmoid's slope is at most\n   1/4, and these weights don't make up for it. Weights that "
        "are scaled to the layer's width\n   make it "
        f"{scaled[0] / lesson[0]:,.0f} times larger in the first layer.\n"
    )

    ratio = cure.step_ratios(seed=seed)
    say("3. The gradient check of the program's step (500 points, 2-4-8-1)")
    say(f"   the step of W is {ratio.W:8.3f} times the gradient: it sums over the points")
    say(f"   the step of b is {ratio.b:8.3f} times the gradient: it averages and lacks the 2")
    say(f"   So biases learn {ratio.W / ratio.b:,.0f} times slower than weights.\n")

    say("4. The cure: the same topology, the true gradient, plain gradient descent at rate 5")
    for name, words in (("uniform", "the lesson's draw"), ("orthogonal", "scaled to the width")):
        costs = [last_cost(cure.training(name, i, points=seed)[1]) for i in range(cure.DRAWS)]
        below = sum(cost < cure.BELOW for cost in costs)
        shown = "  ".join(format_cost(cost) for cost in costs)
        say(f"   {words:<20} below {cure.BELOW} in {below} draws of {cure.DRAWS}: {shown}")
    say("   The true gradient cures it only after a lucky draw; with scaled weights, always.\n")

    axes = figures.gradient_sizes({"the lesson's weights": lesson, "scaled to the width": scaled})
    figures.entitle(
        axes,
        "Why the lesson's six layers stay at 0.25",
        f"On its way back to layer 1 the gradient shrinks {lesson[-1] / lesson[0]:,.0f} times with "
        f"the lesson's weights, and {scaled[-1] / scaled[0]:,.1f} times with scaled ones.",
    )
    picture = output / "tutorial.png"
    replace(picture, figures.png(axes.get_figure(root=True), dpi=160, bbox_inches="tight"))
    print(picture)
    net, states = cure.training("orthogonal", every=5, points=seed)
    film = Film(net, *datasets.circles(rng=seed), title="The cure: weights scaled to the width")
    for state in states:
        film.add(state)
    film.conclusion = (
        f"The same network and points: its cost ends at {format_cost(film.frames[-1].cost)}, "
        "not at 0.25."
    )
    film.save(output / "tutorial.gif")
    print(output / "tutorial.gif")
    return 0


def last_cost(states: Iterator[State]) -> float:
    """Return the cost at the end of a training."""
    *_, state = states
    return float(state.cost)


def _bar(value: float, floor: float, top: float) -> str:
    """Draw a value as a bar on a logarithmic scale."""
    filled = round(BAR * log(value / floor) / log(top / floor))
    return ("█" * filled).ljust(BAR, "·")
