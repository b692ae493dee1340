"""Where the arrays of a compiled training lie: on one device, or a part of them on each of several.

The devices stand in a row, a mesh of one axis. One network's batches are split along their
examples and its parameters are everywhere; what the parts give is added up, by us or by XLA [1]_. A
stack is split along its networks, which need nothing of one another.

References
----------
.. [1] Xu et al., "GSPMD: general and scalable parallelization for ML computation graphs", 2021.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from typing import Any

import jax
import numpy as np
from jax.flatten_util import ravel_pytree
from jax.sharding import Mesh, NamedSharding

from neurona.engine import processes
from neurona.engine.objective import Objective

# JAX has no types for these.
PartitionSpec: Any = jax.sharding.PartitionSpec
of_this_process: Any = jax.make_array_from_process_local_data
block_until_ready: Any = jax.block_until_ready
psum: Any = jax.lax.psum
shard_map: Any = getattr(jax, "shard_map", None)
# Its check of what differs among devices does not know the zeros that a loop within a layer begins
# with, nor before JAX 0.6, under another name, any loop.
if shard_map is None:
    shard_map = partial(import_module("jax.experimental.shard_map").shard_map, check_rep=False)
else:
    shard_map = partial(shard_map, check_vma=False)
enable_x64: Any = getattr(jax, "enable_x64", None)
if enable_x64 is None:
    enable_x64 = import_module("jax.experimental").enable_x64

AXIS = "devices"
EVERYWHERE = PartitionSpec()
NEARLY_NOTHING = 1e-25  # the weight of a part that has none: a batch without any is penalized too


class Placement:
    """Some devices in a row, of this process or of all; None for the one that JAX takes by default.

    Two that have the same devices are equal: what is compiled for one serves the other.

    Parameters
    ----------
    devices
        The devices; None for the default one.
    in_parts
        Whether each process gives its own part of a batch, and not all of it.
    """

    def __init__(self, devices: Sequence[Any] | None = None, in_parts: bool = False) -> None:
        self.devices = None if devices is None else tuple(devices)
        self.n = 1 if devices is None else len(devices)
        self.platform = jax.default_backend() if devices is None else devices[0].platform
        self.is_shared = len({one.process_index for one in devices or ()}) > 1
        self.in_parts = in_parts
        self.parts = jax.process_count() if in_parts else 1
        self.mesh: Any = None
        if devices is not None:
            self.mesh = Mesh(np.array(devices), (AXIS,))
            self._everywhere = NamedSharding(self.mesh, EVERYWHERE)
            self._spread = jax.jit(same, out_shardings=self._everywhere)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Placement) and self.devices == other.devices

    def __hash__(self) -> int:
        return hash(self.devices)

    @property
    def facts(self) -> dict[str, str]:
        """The facts that must be the same in all processes."""
        return {"devices": f"{self.n} of {self.platform}", "jax_enable_x64": str(is_precise())}

    def filled(self, n: int) -> int:
        """Return the next number that all devices can have an equal part of.

        >>> Placement().filled(7)
        7
        """
        return -(-n // self.n) * self.n

    def everywhere(self, tree: Any) -> Any:
        """Put arrays on every device."""
        return self._put(tree, EVERYWHERE)

    def split(self, tree: Any, axis: int = 0, in_parts: bool = False) -> Any:
        """Put an equal part of arrays, along an axis, on each device.

        ``in_parts``: the arrays given are this process's part.
        """
        return self._put(tree, along(axis), in_parts)

    def _put(self, tree: Any, spec: Any, in_parts: bool = False) -> Any:
        if self.mesh is None:
            return jax.device_put(tree)
        sharding = NamedSharding(self.mesh, spec)

        def put(array: Any) -> Any:
            if np.ndim(array) == 0:  # a number, which stays weakly typed
                return self._spread(array)
            array = np.asarray(array)
            if in_parts:
                return of_this_process(sharding, array)
            return jax.make_array_from_callback(array.shape, sharding, array.__getitem__)

        return jax.tree.map(put, tree)

    def whole(self, tree: Any) -> Any:
        """Return arrays of which this process has all the numbers."""
        if not self.is_shared or all(one.is_fully_replicated for one in jax.tree.leaves(tree)):
            return tree
        return self.awaited(partial(self._spread, tree))

    def slowest(self, seconds: float) -> float:
        """Return the seconds of the slowest process."""
        return max(processes.gathered(seconds)) if self.is_shared else seconds

    def compiled(self, function: Callable[..., Any]) -> Any:
        """Return the compiled function of one network, whose results are on every device."""
        if self.mesh is None:
            return jax.jit(function)
        return jax.jit(function, out_shardings=self._everywhere)

    def value_and_gradient(self, objective: Objective) -> Callable[..., Any]:
        """Return the function of an objective's value and gradient over a batch.

        Each device computes those of its part, and one array of all of them is added up: gloo adds
        arrays up one after the other, and each pays the latency. Where an example's output depends
        on others, as in a batch normalization, XLA finds by itself what is to be added up.
        """
        if self.mesh is None or objective.net.is_calibrated:
            return objective.value_and_gradient

        def on_each(params: Any, x: Any, target: Any, weight: Any, noise: Any) -> Any:
            mine = objective.value_and_gradient(params, x, target, weight, noise)
            vector, restored = ravel_pytree(mine)
            share = 1.0 if weight is None else weight.sum() + NEARLY_NOTHING
            added_up = psum(jax.numpy.append(share * vector, share), AXIS)
            return restored(added_up[:-1] / added_up[-1])

        examples = (along(0),) * 4  # with their targets, weights and noise
        given = (EVERYWHERE, *examples)
        made: Callable[..., Any] = shard_map(
            on_each, mesh=self.mesh, in_specs=given, out_specs=EVERYWHERE
        )
        return made

    def compiled_stack(self, function: Callable[..., Any], own: Any) -> Any:
        """Return the compiled function of a stack: each device runs it with its own networks.

        It goes from parameters, optimizer's state, costs, a chunk and three numbers to the next
        three. ``own`` tells which members of the chunk each network has its own of.
        """
        if self.mesh is None:
            return jax.jit(function)
        mine = along(0)

        def on_each(params: Any, state: Any, costs: Any, chunk: Any, *numbers: Any) -> Any:
            its = jax.tree.map(lambda one: mine if np.ndim(one) else EVERYWHERE, state)
            members = type(chunk)(*(mine if one else EVERYWHERE for one in own))
            given = (mine, its, mine, members, *(EVERYWHERE for _ in numbers))
            mapped = shard_map(
                function, mesh=self.mesh, in_specs=given, out_specs=(mine, its, mine)
            )
            return mapped(params, state, costs, chunk, *numbers)

        return jax.jit(on_each)

    def awaited(self, call: Callable[[], Any]) -> Any:
        """Return the arrays of a call, which may need other processes: these are waited for."""
        if not self.is_shared:
            return call()
        precise = is_precise()  # which another thread may not be

        def waiting() -> Any:
            with enable_x64(precise):
                return block_until_ready(call())

        return processes.awaited(waiting)


def along(axis: int) -> Any:
    """Return what splits an array along one of its axes."""
    return PartitionSpec(*(None,) * axis, AXIS)


def is_precise() -> bool:
    """Tell whether JAX computes in float64 where it is asked to."""
    return bool(jax.dtypes.canonicalize_dtype(np.float64) == np.float64)


def same(tree: Any) -> Any:
    """Return the same arrays; compiled, they may come to lie elsewhere."""
    return tree


def placement(devices: Any, in_parts: bool = False) -> Placement:
    """Return the placement on ``"all"`` devices, on so many, or on those of a list.

    ``in_parts``: batches come from the caller; of several processes, each gives its part.

    Raises
    ------
    ValueError
        If JAX does not have these devices, or the processes differ in how many they have.
    """
    there = jax.devices()
    if isinstance(devices, str) and devices == "all":
        chosen = there
    elif isinstance(devices, int | np.integer) and not isinstance(devices, bool) and devices > 0:
        if devices > len(there):
            more = ""
            if there[0].platform == "cpu":
                more = (
                    ", or divide the processor before JAX computes: "
                    f"jax.config.update('jax_num_cpu_devices', {devices})"
                )
            raise ValueError(f"devices is {devices}, and JAX has {len(there)}: give 'all'{more}")
        chosen = there[:devices]
    else:
        try:
            chosen = list(devices)
            known = chosen and set(chosen) <= {*jax.devices(chosen[0].platform)}
        except (TypeError, AttributeError, RuntimeError):
            known = False
        if not known or len(set(chosen)) < len(chosen):
            raise ValueError(
                f"devices is {devices!r}: give 'all', how many (JAX has {len(there)}), or a list "
                "of JAX's devices, such as jax.devices()[:2], each once"
            )
    each = Counter(one.process_index for one in chosen)
    if len(each) > 1 and not processes.is_connected():
        raise ValueError(
            "JAX's devices are those of several processes: connect them with "
            "neurona.distributed.connect, in place of jax.distributed.initialize"
        )
    all_of_them = range(processes.processes())
    if len(each) > 1 and (sorted(each) != [*all_of_them] or len({*each.values()}) > 1):
        raise ValueError(
            f"devices has {[each[one] for one in all_of_them]} devices of the processes: give "
            "'all', or as many of each process"
        )
    if len(each) == 1 and jax.process_index() not in each:
        raise ValueError("devices has none of this process: give 'all', or jax.local_devices()")
    chosen = sorted(chosen, key=lambda one: one.process_index)
    return Placement(chosen, in_parts=in_parts and len(each) > 1)
