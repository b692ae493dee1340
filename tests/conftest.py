"""What all tests share: pictures are drawn into files, never on a screen."""

import os

os.environ["MPLBACKEND"] = "agg"
