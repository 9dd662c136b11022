"""How the families of other libraries write what is one Transformer here: a table of names each, read both ways."""
