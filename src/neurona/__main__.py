"""``python -m neurona``: the command ``neurona``, where it is not on the path."""

from neurona.cli import main

raise SystemExit(main())
