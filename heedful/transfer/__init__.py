"""What others learned, as the beginning of a model."""
