"""The bug lab: a short program, the classic mistakes in it, and what finds each with its line.

>>> from neurona.lesson.bugs import BUGS, write
>>> right = write([2, 4, 1], ["tanh", "sigmoid"], "SquaredError")
>>> bug = BUGS["lost-two"]
>>> wrong = bug.put_into(right)
>>> wrong.lines[bug.line(right) - 1].strip()
'lambda A, Y: (A - Y) / A.size,'
"""

from __future__ import annotations

from neurona.lesson.bugs.catalog import BUGS, Bug, Setting, silent
from neurona.lesson.bugs.finder import Found, find_bug
from neurona.lesson.bugs.program import WRITTEN, Program, write

__all__ = ["BUGS", "WRITTEN", "Bug", "Found", "Program", "Setting", "find_bug", "silent", "write"]
