"""Tables: a cell, a column, a row, and the way from them to the numbers that a network takes.

:mod:`~neurona.tables.cells` says what a cell means, :mod:`~neurona.tables.columns` what a column
is. :mod:`~neurona.tables.csv`, :mod:`~neurona.tables.parquet` and :mod:`~neurona.tables.frames`
read them; for CSV, :mod:`~neurona.tables.encoding` makes a text of bytes, and
:mod:`~neurona.tables.layout` finds the rows in it. :mod:`~neurona.tables.preparation` turns columns
into the network's input, :mod:`~neurona.tables.targets` a column into its target.
:mod:`~neurona.tables.table` has the protocol that the estimators use, :mod:`~neurona.tables.large`
a table that is not copied.
"""
