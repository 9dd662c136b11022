"""`heedful chat`: what is said in, what is replied out, with all that was said before in mind."""

import sys
from pathlib import Path

from heedful.cli.incoming import incoming
from heedful.cli.summarize import binary_input
from heedful.errors import HeedfulError, OptionError


def chat(
    run: Path,
    *,
    sample: bool = False,
    temperature: float = 0.7,
    seed: int = 0,
    device: str | None = None,
) -> None:
    """Converse: each line is a turn, and is answered by one; an empty line begins a new conversation.

    Lines through a pipe are answered in the same way: each line of the output belongs to the same line of the input.

    Args:
        run: the run directory of `heedful train text --turns N`; as many turns are read as it was trained to read.
        sample: draw replies by chance instead of the likeliest: livelier, and less sure.
        temperature: of chance; lower is nearer the likeliest.
        seed: of chance.
        device: cpu or cuda; chosen when not given.
    """
    from heedful.decoding import Sampling
    from heedful.tasks.writer import Writer

    search = Sampling(temperature, seed=seed) if sample else None
    writer = Writer.load(run, device)
    if not writer.manner.turns:
        raise OptionError(f"{run} was trained on single texts, not on dialogue: use heedful summarize {run} < in.txt")
    stream = binary_input()
    shown = sys.stdin.isatty()
    if shown:
        print(f"Say something; an empty line begins anew, Ctrl-D ends. Loaded {run}.", file=sys.stderr)
    said: list[str] = []
    for chunk in incoming(stream, 1):
        for line in chunk.lines:
            if not line.strip():
                said.clear()
                print(flush=True)
                continue
            try:
                reply = writer.reply([*said, line], search=search)
            except HeedfulError as error:
                if not shown:
                    raise
                print(f"heedful: {error}", file=sys.stderr)
                continue
            said += [line, reply]
            print(reply, flush=True)
        if chunk.wrong is not None:
            raise chunk.wrong
