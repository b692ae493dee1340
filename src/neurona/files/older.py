"""Files of versions 1 and 2 of the format, lifted to the description of version 3.

Only the form of a description changes here; whatever does not fit in it is found by the codec.
"""

from __future__ import annotations

from collections.abc import Mapping
from reprlib import repr as shown
from typing import Any

from neurona.files.codec import Misfit

DENSE = "dense"  # which these versions did not write
LAYERS = {
    DENSE: "Dense",
    "dropout": "Dropout",
    "batch_normalization": "BatchNormalization",
    "layer_normalization": "LayerNormalization",
}
TARGETS = {
    "classes": "Classes", "labels": "Labels", "numbers": "Quantities", "counts": "Counts",
}  # fmt: skip
# The fields of a layer that version 3 knows by the same names.
SAME = ("activation", "initializer", "bias_initializer", "gain", "rate", "epsilon")


def network(layers: Any) -> dict[str, Any]:
    """Return the description of a network, whose layers told their widths in versions 1 and 2."""
    if not isinstance(layers, list) or not layers:
        raise Misfit("layers: the file describes a network without layers")
    made, width = [], None
    for k, one in enumerate(layers):
        kind = one.get("kind", DENSE) if isinstance(one, dict) else None
        if not isinstance(kind, str) or kind not in LAYERS or (width is None and kind != DENSE):
            raise Misfit(f"layers.{k} is {shown(one)}, which is not a layer of this version")
        takes = one.get("inputs" if kind == DENSE else "neurons")
        width = takes if width is None else width
        if type(takes) is not int or takes != width:
            raise Misfit(f"layers.{k} takes {shown(takes)} numbers, and gets {shown(width)}")
        new = {"kind": LAYERS[kind], **{name: one[name] for name in SAME if name in one}}
        if kind == DENSE:
            new["n_out"] = width = one.get("neurons")
        made.append(new)
    return {"kind": "Network", "layers": made, "in_shape": [layers[0]["inputs"]]}


def cost(old: Any) -> Any:
    """Return the description of a cost, which was a name, or a name and settings."""
    if isinstance(old, str):
        return {"kind": old}
    return _with_settings(old, "cost")


def _with_settings(old: Any, key: str) -> Any:
    if isinstance(old, dict) and old.keys() == {key, "settings"}:
        settings = old["settings"]
        if isinstance(settings, dict):
            return {**settings, "kind": old[key]}
    return old


def estimator(old: Mapping[str, Any], n_out: int) -> dict[str, Any]:
    """Return the description of an estimator whose network has so many outputs."""
    new = {key: value for key, value in old.items() if key not in ("class", "target")}
    if "class" in old:
        new["kind"] = old["class"]
    if "target" in old:
        new["targets"] = _targets(old["target"], n_out)
    if isinstance(old.get("parameters"), dict):
        new["parameters"] = {name: _parameter(one) for name, one in old["parameters"].items()}
    preparation = old.get("preparation")
    if isinstance(preparation, dict) and isinstance(preparation.get("steps"), list):
        steps = [_step(step) for step in preparation["steps"]]
        new["preparation"] = {**preparation, "steps": steps}
    return new


def _parameter(old: Any) -> Any:
    if isinstance(old, dict) and old.keys() == {"pairs"}:
        return {"kind": "dict", "items": old["pairs"]}
    return _with_settings(_with_settings(old, "optimizer"), "cost")


def _step(old: Any) -> Any:
    if isinstance(old, list) and len(old) == 3 and isinstance(old[2], dict):
        place, kind, values = old
        return [place, {**values, "kind": kind}]
    return old


def _targets(old: Any, n_out: int) -> Any:
    if not isinstance(old, dict) or not isinstance(old.get("kind"), str):
        return old
    kind = TARGETS.get(old["kind"], old["kind"])
    new = {**old, "kind": kind}
    if kind == "Classes" and "type" in new:
        new["classes"] = {"dtype": new.pop("type"), "values": new.get("classes")}
    elif kind == "Labels":
        labels = new.pop("labels", None)
        if labels != n_out:  # before anything of that size is made
            raise Misfit(f"{shown(labels)} labels for a network with {n_out} outputs")
        new["classes"] = {"dtype": "int64", "values": list(range(n_out))}
    for key in {"mean", "deviation"} & new.keys():
        new[key] = {"dtype": "float64", "values": new[key]}
    return new
