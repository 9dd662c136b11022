"""The command line: one file a verb, from flags to one call into the library."""
