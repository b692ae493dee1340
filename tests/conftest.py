"""What all tests share: pictures are drawn into files, never on a screen."""

import matplotlib as mpl

mpl.use("agg")  # and not by the environment, which the notebooks' kernels would inherit
