"""A model file at the edges of what is taken, and what comes back, to the last bit."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

import neurona
from neurona.files.codec import DEEPEST, LARGEST, Misfit, form_of
from neurona.files.network import ModelFileError, read
from tests.files.test_network import made_of, parts_of


def file_of(net, params):
    buffer = io.BytesIO()
    neurona.save(buffer, net, params)
    return buffer.getvalue()


def altered(change, net=None):
    """Return a file whose description was changed, with the checksum that goes with it."""
    net = neurona.network([2, 3, 1], "tanh") if net is None else net
    config, arrays = parts_of(file_of(net, net.init(rng=0)))
    change(config)
    return made_of(config, arrays)


@pytest.mark.parametrize("version", [-1, 0, 1000])
def test_a_format_that_there_is_not_is_refused(version, tmp_path):
    path = tmp_path / "m"
    path.write_bytes(altered(lambda config: config.update(format=version)))
    with pytest.raises(ModelFileError, match=rf"version {version} of the format"):
        read(path)


@pytest.mark.parametrize("version", [True, 1.0, "1", None])
def test_a_format_that_is_not_a_whole_number_is_refused(version, tmp_path):
    path = tmp_path / "m"
    path.write_bytes(altered(lambda config: config.update(format=version)))
    with pytest.raises(ModelFileError, match="does not say which format it is"):
        read(path)


def test_a_dropout_of_0_comes_back(tmp_path):
    net = neurona.network([2, 3, 1], "tanh", dropout=0.5)
    path = tmp_path / "m"

    def to_zero(config):
        (layer,) = (one for one in config["model"]["layers"] if "rate" in one)
        layer["rate"] = 0.0

    path.write_bytes(altered(to_zero, net))
    assert [one.rate for one in read(path).net.layers if hasattr(one, "rate")] == [0.0]


@pytest.mark.parametrize(("variance", "is_taken"), [(0.0, True), (-1e-9, False)])
def test_a_variance_of_0_is_taken_and_one_below_refused(variance, is_taken, tmp_path):
    net = neurona.network([2, 3, 1], "tanh", normalization="batch")
    config, arrays = parts_of(file_of(net, net.init(rng=0)))
    (name,) = (one for one in arrays if one.endswith(".variance"))
    arrays[name] = np.array([1, variance, 1], np.float32)
    path = tmp_path / "m"
    path.write_bytes(made_of(config, arrays))
    if is_taken:
        assert read(path).params[1].variance[1] == 0
    else:
        with pytest.raises(ModelFileError, match="negative number"):
            read(path)


@pytest.mark.parametrize("options", [{}, {"dropout": 0.2, "normalization": "batch"}])
def test_what_is_read_cannot_be_written_and_is_the_same_to_the_last_bit(options, tmp_path):
    net = neurona.network([2, 3, 1], "tanh", **options)
    params = net.init(rng=0)
    (tmp_path / "m").write_bytes(file_of(net, params))
    _, again = neurona.load(tmp_path / "m")
    for layer, before in zip(again, params, strict=True):
        for array, other in zip(layer, before, strict=True):
            assert array.tobytes() == np.ascontiguousarray(other).tobytes()
            with pytest.raises(ValueError, match="read-only"):
                array[...] = 0


def test_one_bit_of_a_weight_is_found(tmp_path):
    net = neurona.network([2, 3, 1], "tanh")
    data = bytearray(file_of(net, net.init(rng=0)))
    data[-1] ^= 1
    assert safetensors.numpy.load(bytes(data))  # it is a good file of the library's
    (tmp_path / "m").write_bytes(data)
    with pytest.raises(ModelFileError, match="altered"):
        read(tmp_path / "m")


@pytest.mark.parametrize("dtype", ["int64", "datetime64[D]", "timedelta64[us]"])
def test_the_smallest_number_of_64_bits_is_refused_as_it_is_no_moment(dtype):
    form = form_of(np.ndarray[Any, Any])
    near = form.read({"dtype": dtype, "values": [1 - LARGEST]}, "it")
    assert near.astype(np.int64).tolist() == [1 - LARGEST]
    with pytest.raises(Misfit, match="it holds a value that is not a whole number"):
        form.read({"dtype": dtype, "values": [-LARGEST]}, "it")


def test_lists_within_one_another_are_read_to_the_deepest_level():
    value = 1
    for _ in range(DEEPEST + 1):
        value = [value]
    form_of(Any).read(value, "it")
    with pytest.raises(Misfit, match=f"too deep: neurona reads {DEEPEST} levels"):
        form_of(Any).read([value], "it")
