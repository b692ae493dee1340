"""Real bugs: whether the doctor names a true cause, and what its cures are worth.

The list is split in two, every other program; the page says how far apart the halves are.
"""

from __future__ import annotations

import re
from typing import Any

from neurona.doctor.diagnosis import diagnose_case
from neurona.doctor.proof import NotProved, Proof

from . import machine
from .bug_programs import BUGS, CONTROLS
from .race import note
from .tables import facts, table

SEEDS = 5
SECONDS = 20.0


def halves() -> dict[str, str]:
    """Return for each bug whether it was ``"tuned"`` on or only ``"judged"``: every other one.

    >>> [halves()[name] for name in ("31556268", "31880720", "45337371")]
    ['tuned', 'judged', 'tuned']
    """
    return {name: ("tuned", "judged")[k % 2] for k, name in enumerate(BUGS)}


def measure(quick: bool = False, only: str | None = None, before: dict | None = None) -> dict:
    """Diagnose each bug and each control, and prove the cures."""
    seconds = 2.0 if quick else SECONDS
    kept = before or {"bugs": {}, "controls": {}}
    found: dict[str, Any] = {"machine": machine.facts(), "seeds": SEEDS, "seconds": seconds}
    bugs = [name for name in BUGS if only is None or re.search(only, name)]
    controls = [name for name in CONTROLS if only is None or re.search(only, name)]
    if quick:
        bugs, controls = bugs[:1], controls[:1]
    found["bugs"] = dict(kept["bugs"] if only else {})
    for name in bugs:
        note(name)
        found["bugs"][name] = _measured(BUGS[name].case(), seconds)
    found["controls"] = dict(kept["controls"] if only else {})
    for name in controls:
        note(name)
        found["controls"][name] = _measured(CONTROLS[name](), seconds)
    return found


def _measured(case: Any, seconds: float) -> dict:
    diagnosis = diagnose_case(case)
    result: dict[str, Any] = {
        "findings": [finding.kind for finding in diagnosis.findings],
        "words": diagnosis.say("en"),
        "diagnosed": diagnosis.seconds,
        "proof": None,
    }
    try:
        proof = diagnosis.cures(seeds=SEEDS, seconds=seconds)
    except NotProved:
        return result
    result["proof"] = _proved(proof)
    result["table"] = proof.say("en")
    return result


def _proved(proof: Proof) -> dict:
    best, found, lead = proof.best, proof.found, proof.lead
    top = best or max(proof.trials, key=lambda trial: trial.mean, default=None)
    return {
        "sick": proof.sick.mean,
        "trivial_accuracy": float(proof.sick.outcome.trivial.mean()),
        "sick_accuracy": float(proof.sick.outcome.accuracy.mean()),
        "cured": best is not None,
        "cures": [] if top is None else list(top.cures),
        "wins": 0 if top is None else top.wins,
        "skill": None if top is None else top.mean,
        "accuracy": None if top is None else float(top.outcome.accuracy.mean()),
        "trials": len(proof.trials),
        "searched": len(proof.search),
        "search": None if found is None else found.mean,
        "search_cured": any(trial.cured for trial in proof.search),
        "lead": None if lead is None else list(lead),
        "judged": proof.judged,
        "seconds": proof.seconds,
    }


# --------------------------------------------------------------------------------------- report


def report(measured: dict) -> str:
    """Return the tables of the bugs, of the controls, and the sums of both halves."""
    return "\n\n".join(
        [
            facts(measured["machine"]),
            f"### Real bugs: named and cured ({measured['seeds']} seeds)",
            _bugs(measured),
            "### Both halves",
            _sums(measured),
            "### Programs that are fine",
            _controls(measured),
            "### Sizes that differ from the programs'",
            "\n".join(f"- {name}: {bug.smaller}." for name, bug in BUGS.items() if bug.smaller),
        ]
    )


def _bugs(measured: dict) -> str:
    rows = []
    for name, found in measured["bugs"].items():
        named = _named(name, found)
        proof = found["proof"] or {}
        rows.append(
            [
                f"{name}: {BUGS[name].about}",
                halves()[name],
                ", ".join(named) or f"no ({', '.join(found['findings']) or 'nothing'})",
                _cure(name, proof, measured["seeds"]),
                _skills(proof),
                _accuracies(proof),
                _search(proof),
            ]
        )
    header = [
        "bug", "half", "a true cause that is named", "cured by", "skill, sick to cured",
        "accuracy: constant, sick, cured", "random search",
    ]  # fmt: skip
    return table(header, rows)


def _named(name: str, found: dict) -> list[str]:
    return [kind for kind in found["findings"] if kind in BUGS[name].causes]


def _cure(name: str, proof: dict, seeds: int) -> str:
    if not proof:
        return "no time"
    if not proof["cured"]:
        none = "none, rightly" if not BUGS[name].curable else "none"
        return f"{none} (best: {proof['wins']} of {seeds})" if proof["cures"] else none
    return f"{' + '.join(proof['cures'])}, {proof['wins']} of {seeds}"


def _skills(proof: dict) -> str:
    if not proof:
        return ""
    reached = "" if proof["skill"] is None else f" to {proof['skill']:.2f}"
    return f"{proof['sick']:.2f}{reached}"


def _accuracies(proof: dict) -> str:
    if not proof or proof["sick_accuracy"] != proof["sick_accuracy"]:
        return ""
    each = [proof["trivial_accuracy"], proof["sick_accuracy"], proof["accuracy"]]
    return ", ".join("" if one is None else f"{one:.2f}" for one in each)


def _search(proof: dict) -> str:
    if not proof or proof["search"] is None:
        return ""
    lead = proof["lead"]
    if lead is None:
        word = "cures" if proof["search_cured"] else ""
    else:
        word = "behind" if lead[1] > 0 else "ahead" if lead[2] < 0 else "equal"
    return f"{proof['search']:.2f} {word}".strip()


def _sums(measured: dict) -> str:
    rows = []
    for half in ("tuned", "judged", "both"):
        names = [name for name in measured["bugs"] if half in ("both", halves()[name])]
        found = [measured["bugs"][name] for name in names]
        named = sum(bool(_named(*pair)) for pair in zip(names, found, strict=True))
        proofs = [(name, one["proof"] or {}) for name, one in zip(names, found, strict=True)]
        curable = [proof for name, proof in proofs if BUGS[name].curable]
        cured = sum(bool(proof.get("cured")) for proof in curable)
        searched = sum(bool(proof.get("search_cured")) for proof in curable)
        words = [_search(proof).rpartition(" ")[2] for proof in curable if proof.get("lead")]
        row = [f"{words.count(word)}" for word in ("behind", "equal", "ahead")]
        wrong = sum(bool(p.get("cured")) for name, p in proofs if not BUGS[name].curable)
        rows.append(
            [half, f"{named} of {len(names)}", f"{cured} of {len(curable)}", str(wrong),
             f"{searched} of {len(curable)}", *row]
        )  # fmt: skip
    header = [
        "half", "a true cause is named", "cured at all seeds", "cures of what cannot be learned",
        "a random search cures", "search behind", "search equal", "search ahead",
    ]  # fmt: skip
    return table(header, rows)


def _controls(measured: dict) -> str:
    rows = []
    for name, found in measured["controls"].items():
        proof = found["proof"] or {}
        cure = " + ".join(proof["cures"]) if proof.get("cured") else "none"
        rows.append([name, ", ".join(found["findings"]) or "nothing", cure, _skills(proof)])
    return table(["program", "findings", "cure that is claimed", "skill"], rows)
