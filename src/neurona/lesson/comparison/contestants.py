"""Train the same network in each library's own idiom; these functions are made for reading.

Each takes a `Problem` and returns the cost before each step. They share no code, so each shows
everything that its library requires, its imports included.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from neurona.lesson.comparison.problem import Problem


def lesson_as_it_is(problem: Problem) -> list[float]:
    """Train with the lesson's `train`, at the rate that moves W as the others do."""
    from neurona.tutorial import create_nn, l2_cost, sigm, train

    net = create_nn([2, 4, 8, 1], sigm)
    for layer, (W, b) in zip(net, problem.weights, strict=True):
        layer.W, layer.b = W, b[np.newaxis]

    costs = []
    for _ in range(problem.steps):
        Yp = train(net, problem.X, problem.Y, l2_cost, lr=problem.rate * 2 / len(problem.X))
        costs.append(float(l2_cost[0](Yp, problem.Y)))
    return costs


def lesson_corrected(problem: Problem) -> list[float]:
    """Train with the corrected program of the lesson; an activation and a cost are pairs."""
    from neurona.tutorial import create_nn, l2_cost_exact, sigm, train_corrected

    linear = (lambda z: z, lambda a: 1 + 0 * a)
    cross_entropy = (
        lambda Yp, Yr: -np.mean(Yr * np.log(Yp) + (1 - Yr) * np.log(1 - Yp)),
        lambda Yp, Yr: (Yp - Yr) / (Yp * (1 - Yp)) / Yp.size,
    )
    net = create_nn([2, 4, 8, 1], sigm)
    net[-1].act_f = {"sigmoid": sigm, "linear": linear}[problem.output]
    cost = {"mse": l2_cost_exact, "cross_entropy": cross_entropy}[problem.cost]
    for layer, (W, b) in zip(net, problem.weights, strict=True):
        layer.W, layer.b = W, b[np.newaxis]

    costs = []
    for _ in range(problem.steps):
        Yp = train_corrected(net, problem.X, problem.Y, cost, lr=problem.rate)
        costs.append(float(cost[0](Yp, problem.Y)))
    return costs


def neurona_numpy(problem: Problem) -> list[float]:
    """Train with neurona on NumPy, in float64: the reference curve."""
    import neurona

    net = neurona.network([2, 4, 8, 1], "sigmoid", output=problem.output)
    states = neurona.train(
        net,
        problem.X,
        problem.Y,
        cost=problem.cost,
        optimizer=neurona.sgd(problem.rate),
        steps=problem.steps,
        start=problem.weights,
        dtype=np.float64,
    )
    costs = [state.cost for state in states]
    return costs[:-1]


def neurona_compiled(problem: Problem) -> list[float]:
    """Train with neurona's compiled engine, in float32."""
    import neurona

    net = neurona.network([2, 4, 8, 1], "sigmoid", output=problem.output)
    states = neurona.train(
        net,
        problem.X,
        problem.Y,
        cost=problem.cost,
        optimizer=neurona.sgd(problem.rate),
        steps=problem.steps,
        start=problem.weights,
        engine="jax",
    )
    costs = [state.cost for state in states]
    return costs[:-1]


def with_scikit_learn(problem: Problem) -> list[float]:
    """Train a scikit-learn model: one step creates weights to replace, and then come the others.

    Its regressor halves the squared error, so this doubles its rate and its costs.
    """
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier, MLPRegressor

    kind, factor = {"mse": (MLPRegressor, 2), "cross_entropy": (MLPClassifier, 1)}[problem.cost]
    model = kind(
        hidden_layer_sizes=(4, 8),
        activation="logistic",
        solver="sgd",
        learning_rate_init=problem.rate * factor,
        momentum=0,
        alpha=0,
        batch_size=len(problem.X),
        shuffle=False,
        n_iter_no_change=problem.steps + 1,
        max_iter=1,
        warm_start=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the number of steps is ours
        model.fit(problem.X, problem.Y.ravel())
        model.coefs_ = [W.copy() for W, b in problem.weights]
        model.intercepts_ = [b.copy() for W, b in problem.weights]
        model.max_iter = problem.steps
        model.fit(problem.X, problem.Y.ravel())
    return [factor * cost for cost in model.loss_curve_[1:]]


def with_keras(problem: Problem) -> list[float]:
    """Train a Keras model with `fit`, whose history has the cost of each epoch."""
    import keras
    from keras.layers import Dense

    model = keras.Sequential(
        [
            keras.Input((2,)),
            Dense(4, "sigmoid"),
            Dense(8, "sigmoid"),
            Dense(1, problem.output),
        ]
    )
    model.set_weights([array for layer in problem.weights for array in layer])
    loss = {"mse": "mse", "cross_entropy": "binary_crossentropy"}[problem.cost]
    model.compile(keras.optimizers.SGD(problem.rate), loss)
    history = model.fit(
        problem.X,
        problem.Y,
        batch_size=len(problem.X),
        shuffle=False,
        epochs=problem.steps,
        verbose=0,
    )
    return [float(cost) for cost in history.history["loss"]]


def with_pytorch(problem: Problem) -> list[float]:
    """Train a PyTorch model, in a custom loop."""
    import torch
    from torch import nn

    dtype = torch.get_default_dtype()  # float32, unless it was changed
    X, Y = (torch.tensor(array, dtype=dtype) for array in (problem.X, problem.Y))
    dense = [nn.Linear(2, 4), nn.Linear(4, 8), nn.Linear(8, 1)]
    with torch.no_grad():
        for layer, (W, b) in zip(dense, problem.weights, strict=True):
            layer.weight.copy_(torch.tensor(W.T))  # a row for each neuron
            layer.bias.copy_(torch.tensor(b))
    last = {"sigmoid": nn.Sigmoid, "linear": nn.Identity}[problem.output]()
    model = nn.Sequential(dense[0], nn.Sigmoid(), dense[1], nn.Sigmoid(), dense[2], last)
    loss = {"mse": nn.MSELoss, "cross_entropy": nn.BCELoss}[problem.cost]()
    optimizer = torch.optim.SGD(model.parameters(), lr=problem.rate)

    costs = []
    for _ in range(problem.steps):
        cost = loss(model(X), Y)
        optimizer.zero_grad()
        cost.backward()
        optimizer.step()
        costs.append(cost.item())
    return costs
