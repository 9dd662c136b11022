"""Measurements for anyone to repeat: beside peers in one run, of one part at a time, on known tasks.

For example `python -m bench.training`.
"""

from heedful.cli.main import wait_briefly

# Read when torch is imported, which every file here does.
wait_briefly()
