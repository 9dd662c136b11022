"""The run directory, the one artefact: its layout, its safety, its card, its report, and the index of many."""
