"""What the subcommands of ``neurona`` do; :mod:`neurona.cli` reads their options."""
