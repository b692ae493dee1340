"""Several processes train one network: as one process does, or with an error that names who."""

import re
import signal
import socket
from threading import Thread
from time import monotonic, sleep

import numpy as np
import pytest

from neurona import distributed
from neurona.engine.coordinator import listening, roll_call
from neurona.engine.distributed import _roll_call
from neurona.engine.processes import packed, unpacked
from tests.support.processes import CONNECTED, begin, connected, ended, free_address, with_devices

pytest.importorskip("jax")

LIMIT = 6  # seconds that a wait may take in these tests
FACTS = {"processes": 3, "jax": "0.9"}

# ---- alone


def test_one_process_is_the_first_of_one():
    assert (distributed.process_id(), distributed.processes()) == (0, 1)
    assert distributed.is_first()
    assert distributed.gathered([1, "a"]) == [[1, "a"]]
    distributed.agreed({"dtype": "float32"})


def test_what_processes_tell_each_other_comes_back():
    value = {"a": [1, 2.5, None, True, "ñ"], "b": {"c": np.arange(6.0).reshape(2, 3)}, "d": []}
    found = unpacked(packed(value))
    np.testing.assert_array_equal(found["b"].pop("c"), value["b"].pop("c"))
    assert found == value
    assert unpacked(packed((1, np.float64(0.1)))) == [1, 0.1]


@pytest.mark.parametrize(
    "value", [object(), {1: 2}, {"a": 1, 2: 3}, np.array([object()]), {"a": b"1"}]
)
def test_what_cannot_be_told_is_refused(value):
    with pytest.raises(TypeError, match="cannot go to other processes"):
        packed(value)


@pytest.mark.parametrize(
    ("coordinator", "given", "words"),
    [
        ("here", {}, "coordinator is 'here': give .* a free port"),
        (":80", {}, "coordinator is ':80'"),
        ("here:0", {}, "coordinator is 'here:0'"),
        ("here:80", {"processes": 0}, "processes"),
        ("here:80", {"process_id": 2}, "process_id is 2, and there are 2 processes: give 0 to 1"),
        ("here:80", {"process_id": True}, "process_id is True"),
        ("here:80", {"timeout": -1}, "timeout"),
    ],
)
def test_arguments_are_checked_before_anything_waits(coordinator, given, words):
    with pytest.raises(ValueError, match=words):
        distributed.connect(coordinator, **{"processes": 2, "process_id": 1} | given)


# ---- the roll call


class Call(Thread):
    """One process that calls, and what comes of it."""

    def __init__(self, port, process, timeout=5.0, facts=FACTS):
        super().__init__()
        self.arguments = "127.0.0.1", port, process, 3, facts, timeout
        self.found = None
        self.start()
        sleep(0.1)  # they call in order

    def run(self):
        try:
            self.found = _roll_call(*self.arguments)
        except (ValueError, distributed.ProcessMissing) as error:
            self.found = error


def called(*processes, timeout=5.0, others=FACTS):
    """Return what comes of the calls of some of three processes; others have other facts."""
    with listening("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        calls = [
            Call(port, process, facts=FACTS if k == 0 else others)
            for k, process in enumerate(processes)
        ]
        here = roll_call(listener, 3, timeout, FACTS)
    for call in calls:
        call.join()
    found = [one for call in calls if isinstance(call.found, tuple) for one in call.found]
    for opened in [*here.values(), *found]:
        opened.close()
    return [call.found for call in calls], sorted(here)


def test_all_who_are_there_are_called():
    found, here = called(2, 0, 1)
    assert here == [0, 1, 2]
    assert all(isinstance(one, tuple) for one in found)


def test_everyone_is_told_who_does_not_come():
    found, here = called(0, 2, timeout=0.5)
    assert not here
    for one in found:
        assert isinstance(one, distributed.ProcessMissing)
        assert one.processes == (1,)
        assert "process 1 is missing: not there within" in str(one)


@pytest.mark.parametrize(
    ("processes", "others", "words"),
    [
        ((0, 1), FACTS | {"jax": "0.8"}, "process 1 disagrees .* in jax: '0.8' there, '0.9' here"),
        ((0, 0), FACTS, "two processes have process_id=0"),
    ],
)
def test_everyone_is_told_who_does_not_fit(processes, others, words):
    found, here = called(*processes, others=others)
    assert not here
    for one in found:
        assert isinstance(one, ValueError)
        assert re.search(words, str(one))


def test_nobody_at_the_coordinators_address_is_process_0():
    host, port = free_address().split(":")
    began = monotonic()
    with pytest.raises(distributed.ProcessMissing, match="process 0 is missing: nobody") as error:
        _roll_call(host, int(port), 1, 2, {}, 0.5)
    assert error.value.processes == (0,)
    assert monotonic() - began < 3


def test_something_else_at_the_coordinators_address_is_said():
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            other, _ = server.accept()
            with other:
                other.sendall(b"HTTP/1.1 400 Bad Request\r\n")

        thread = Thread(target=answer)
        thread.start()
        with pytest.raises(ValueError, match="where something else answers"):
            _roll_call("127.0.0.1", server.getsockname()[1], 1, 2, {}, 5.0)
        thread.join()


# ---- together

TRAINED = """
import jax
import numpy as np

jax.config.update("jax_enable_x64", {x64})
X, y = neurona.datasets.circles(n=101, rng=0)
net = neurona.network([2, 6, 1], "tanh", output="sigmoid", dropout=0.2, normalization="batch")
batches = [(X[:10], y[:10]), (X[10:60], y[10:60]), (X[60:61], y[60:61])]
given = dict(engine="jax", dtype=np.{dtype}, optimizer=neurona.sgd(0.05), rng=0)

def mine(which, of):
    for a, b in batches:
        rows = np.array_split(np.arange(len(a)), of)[which]
        if len(rows):  # the second process has two batches a pass
            yield a[rows], b[rows]

def told(name, states):
    last = list(states)[-1]
    numbers = [np.ravel(one) for one in jax.tree.leaves((last.params, last.cost))]
    tell(**{{name: [last.step, last.epoch, last.rows_seen, *np.concatenate(numbers).tolist()]}})
"""
CASES = """
told("mini", neurona.train(net, X, y, **given, devices=devices, batch_size=9, steps=STEPS))
"""
MORE_CASES = """
plain = neurona.network([2, 6, 1], "tanh", output="sigmoid")
told("whole", neurona.train(net, X, y, **given, devices=devices, steps=200, every=90, clip=0.1))
told("stack", neurona.train(
    net, X, y, **given | dict(rng=None), devices=devices, steps=60, seeds=[1, 2, 3]))
part = (lambda: mine(me, 2)) if devices else (lambda: mine(0, 1))
told("adam", neurona.train(
    net, X, y, **given | dict(optimizer=neurona.adam(0.001)), devices=devices, steps=200, every=200,
    batch_size=32))
told("batches", neurona.train(plain, batches=part, **given, devices=devices, epochs=30))
"""
DISAGREE = """
for name, other in dict(
    data=dict(y=1 - y), settings=dict(l2=0.1), dtype=dict(dtype=np.float32), seed=dict(rng=1)
).items():
    try:
        theirs = other if me == 1 else {}
        neurona.train(net, X, **dict(y=y) | given | theirs, devices="all")
    except distributed.ProcessesDisagree as error:
        tell(**{name: str(error)})
"""


def compared(cases, dtype, tolerance, **environment):
    program = TRAINED.format(x64=dtype == "float64", dtype=dtype)
    alone = [begin("import neurona" + program + "devices = None" + cases, **environment)]
    both = connected(program + 'devices = "all"' + cases + DISAGREE, **environment)
    [one] = ended(alone)
    for result in (one, *both):
        assert result.code == 0, result.err
    assert both[0].told == both[1].told  # every process yields the same states
    for name, values in one.told.items():
        np.testing.assert_allclose(both[0].told[name], values, rtol=0, atol=tolerance, err_msg=name)
    return both[0].told


def test_two_processes_train_as_one_does_and_say_where_they_disagree():
    told = compared(CASES.replace("STEPS", "40, every=40"), "float64", 1e-9)
    assert "y is 101 int64, " in told["data"]
    assert "in process 1, and " in told["data"]
    assert "l2 is 0.1 in process 1, and 0.0 in process 0" in told["settings"]
    assert "dtype is 'float32' in process 1, and 'float64' in process 0" in told["dtype"]
    assert "random seed is 1 in process 1, and 0 in process 0" in told["seed"]


@pytest.mark.long
@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-9), ("float32", 1e-6)])
@pytest.mark.parametrize("devices", [1, 2])
def test_all_kinds_of_batches_train_in_two_processes_as_in_one(dtype, tolerance, devices):
    told = compared(
        CASES.replace("STEPS", "200, every=60") + MORE_CASES,
        dtype,
        tolerance,
        **with_devices(devices),
    )
    assert {"mini", "whole", "stack", "adam", "batches"} <= {*told}


# ---- somebody is missing

MID_RUN = """
import signal, time
X, y = neurona.datasets.circles(n=101, rng=0)
net = neurona.network([2, 6, 1], "tanh", output="sigmoid")
try:
    for state in neurona.train(
        net, X, y, engine="jax", devices="all", rng=0, every=5, steps=2000, optimizer="sgd"
    ):
        if state.step == 20 and me == {victim}:
            {what}
except distributed.ProcessMissing as error:
    tell(missing=error.processes, message=str(error))
    sys.exit(7)
tell(done=state.step)
"""


def mid_run(what, victim=1, processes=2):
    program = MID_RUN.format(what=what, victim=victim)
    results = connected(program, processes, timeout=LIMIT)
    survivors = [result for k, result in enumerate(results) if k != victim]
    for one in survivors:
        assert one.code == 7, (one.out, one.err)
        assert one.told["missing"] == [victim]
        assert f"process {victim} is missing" in one.told["message"]
    return results[victim], survivors[0].told["message"]


@pytest.mark.long
@pytest.mark.parametrize(("victim", "processes"), [(1, 2), (0, 2), (0, 3), (2, 3)])
def test_a_process_that_is_killed_is_named(victim, processes):
    killed, message = mid_run("os.kill(os.getpid(), signal.SIGKILL)", victim, processes)
    assert killed.code == -signal.SIGKILL
    assert "it has ended" in message


@pytest.mark.long
def test_a_process_that_fails_is_named_with_its_error():
    failed, message = mid_run("raise OSError(28, 'No space left on device')")
    assert "No space left on device" in failed.err
    assert "No space left on device" not in message  # it was raised in the caller's loop
    assert "it has ended" in message


@pytest.mark.long
def test_an_interrupted_process_ends_and_is_named():
    interrupted, message = mid_run("signal.raise_signal(signal.SIGINT)")
    assert interrupted.code in (-signal.SIGINT, 130, 1)
    assert "KeyboardInterrupt" in interrupted.err
    assert "it has ended" in message


@pytest.mark.long
def test_a_process_that_stands_still_is_named_within_the_time_limit():
    program = MID_RUN.format(what="time.sleep(60)", victim=1)
    address = free_address()
    started = [begin(CONNECTED + program, address, 2, me, LIMIT) for me in range(2)]
    began = monotonic()
    first = ended(started[:1])[0]
    started[1].kill()
    started[1].communicate()
    assert first.told["missing"] == [1]
    assert "process 1: not come to the same step within 6 seconds" in first.told["message"]
    assert monotonic() - began < 60


def test_a_file_that_is_missing_in_one_process_is_told_to_the_others():
    program = """
    import numpy as np
    net = neurona.network([2, 1], "sigmoid")
    def batches():
        yield np.eye(2), [0, 1]
        if me == 1:
            raise FileNotFoundError("part-1.csv is not there")
        yield np.eye(2), [0, 1]
    try:
        list(neurona.train(net, batches=batches, engine="jax", devices="all", rng=0))
    except distributed.ProcessMissing as error:
        tell(missing=error.processes, message=str(error))
    """
    first, second = connected(program, timeout=LIMIT)
    assert "part-1.csv is not there" in second.err
    assert first.told["missing"] == [1]
    assert "it has left: FileNotFoundError: part-1.csv is not there" in first.told["message"]


@pytest.mark.long
def test_a_process_that_never_comes_is_named():
    address = free_address()
    started = [begin(CONNECTED, address, 3, me, 3) for me in (0, 2)]
    for result in ended(started):
        assert result.code == 1
        assert "ProcessMissing: process 1 is missing: not there within 3 seconds" in result.err


@pytest.mark.long
def test_a_port_that_is_taken_is_said():
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        [result] = ended([begin(CONNECTED, address, 2, 0, 3)])
    assert "ValueError: the coordinator cannot use its address" in result.err
