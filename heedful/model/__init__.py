"""The Transformer: one class for the encoder-decoder, the encoder and the decoder."""
