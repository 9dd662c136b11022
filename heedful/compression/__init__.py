"""Smaller and faster models, each beside the one that it was made of."""
