"""The lesson's network in other libraries, side by side: what ``neurona compare`` shows.

The same points, the same first weights, plain gradient descent over all the points, in the lesson's
program, neurona, scikit-learn, Keras and PyTorch. Their curves agree to rounding; what differs is
the code, the time, and what each library would do if it weren't asked.

=============================  ================================================================
`problem`                      the points, the first weights, the cost and the rate
`contestants`                  the network in each library: functions to be read
`LINEUP`                       who takes part, and what each does differently
`compare`                      runs them, and measures how far their curves lie apart
`figure`, `markdown_table`     the curves as a picture, and the numbers
`report`                       tables, notes and everyone's code as a page
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
