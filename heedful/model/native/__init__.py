"""The Transformer again, read only, in C++ for one kind of CPU: the same tokens without PyTorch's cost per operator."""
