"""Compare the lesson's network in several libraries; ``neurona compare`` shows the result.

The lesson's program, neurona, scikit-learn, Keras and PyTorch train on the same points, from the
same initial weights, by plain gradient descent over all the points. Their curves agree to rounding.
They differ in code, in time, and in their default settings.

=============================  ================================================================
`problem`                      the points, the initial weights, the cost and the rate
`contestants`                  the network in each library: functions made for reading
`LINEUP`                       the contestants, and what each does differently
`compare`                      runs them, and measures how much their curves differ
`figure`, `markdown_table`     the curves as a picture, and the numbers
`report`                       a page with tables, notes and the code of each
=============================  ================================================================

>>> import neurona
>>> result = neurona.lesson.comparison.compare("lesson", steps=50)
>>> bool(result["corrected"].largest < 1e-10)
True
"""

from __future__ import annotations

from neurona.lesson.comparison.lineup import LINEUP, Entry
from neurona.lesson.comparison.measuring import Comparison, Outcome, compare
from neurona.lesson.comparison.problem import PROBLEMS, Problem, problem
from neurona.lesson.comparison.report import figure, markdown_table, report, table

__all__ = [
    "LINEUP",
    "PROBLEMS",
    "Comparison",
    "Entry",
    "Outcome",
    "Problem",
    "compare",
    "figure",
    "markdown_table",
    "problem",
    "report",
    "table",
]
