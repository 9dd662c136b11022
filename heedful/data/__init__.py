"""Text to batches: reading, checking, cutting into pieces, storing, sampling, splitting."""
