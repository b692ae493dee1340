"""The doctor: it measures a training, names what is wrong with it, and proves what mends it."""
