"""The behaviour suite: what a translator does with words, numbers, names, marks, typos, and with what is too long."""
