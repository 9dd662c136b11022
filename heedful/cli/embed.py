"""`heedful embed`: lines in, vectors out."""

import io
import json
import sys
from pathlib import Path

from heedful.cli.incoming import incoming
from heedful.cli.watching import watching
from heedful.errors import DataError, OptionError

CHUNK = 4096


def embed(run: Path, *, normalise: bool = False, out: Path | None = None, device: str | None = None) -> None:
    """Make a vector of each line of standard input: the mean of what the model makes of its tokens.

    Args:
        run: a run directory whose model reads: of a classifier, a language model, a translator.
        normalise: make every vector of length 1, so that products are cosines.
        out: new file for all vectors, lines times width, as numpy's .npy; otherwise one JSON list a line is printed.
        device: cpu or cuda; chosen when not given.
    """
    from heedful.tasks.embedder import Embedder

    if out is not None and out.exists():
        raise OptionError(f"{out} exists already: nothing is written over; choose another --out")
    if out is not None and (out.suffix != ".npy" or not out.parent.is_dir()):
        raise OptionError(f"--out is the name of a new .npy file in a folder that exists: got {out}")
    embedder = Embedder.load(run, device)
    if sys.stdin is None:
        raise DataError("expected text on standard input, and it is closed: give it with < texts.txt")
    stream = sys.stdin.buffer
    assert isinstance(stream, io.BufferedIOBase), "bytes are read as they arrive"
    parts = []
    with watching(wanted=sys.stderr.isatty()) as watch:
        for chunk in incoming(stream, CHUNK):
            for number, line in enumerate(chunk.lines, chunk.first):
                if not line.strip():
                    raise DataError(f"line {number} is empty: it has no vector; leave it out")
            vectors = embedder.embed(chunk.lines, normalise)
            watch(f"{chunk.first - 1 + len(chunk.lines):,} lines", 0, 0)
            if out is None:
                for vector in vectors.tolist():
                    print(json.dumps([round(value, 6) for value in vector]))
            else:
                parts.append(vectors)
            if chunk.wrong is not None:
                raise chunk.wrong
    if out is not None:
        import numpy as np

        from heedful.run.disk import write_atomic

        buffer = io.BytesIO()
        np.save(buffer, np.concatenate(parts) if parts else np.zeros((0, embedder.width), np.float32))
        write_atomic(out, buffer.getvalue())
