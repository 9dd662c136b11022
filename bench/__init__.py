"""Side-by-side measurements against peers, in one run, for anyone to repeat: `python -m bench.training`."""
