"""One plain network: none beside it, nothing drawn in its steps, each number as one."""

PLAIN = {"networks": 1, "ramps": 0, "dropout": 0.0}
