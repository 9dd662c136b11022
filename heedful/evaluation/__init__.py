"""How good it is, and how sure one can be."""
