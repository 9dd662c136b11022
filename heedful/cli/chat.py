"""`heedful chat`: what is said in, what is replied out, with all that was said before in mind."""

import sys
from pathlib import Path

from heedful.cli.incoming import incoming
from heedful.cli.summarize import binary_input
from heedful.errors import HeedfulError, LengthError, OptionError


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
    A turn that is longer than the model's window is answered by an empty line, and the exit code is 2; where a turn
    fits, and not together with those before it, the oldest of them are forgotten.

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
    too_long: LengthError | None = None
    for chunk in incoming(stream, 1):
        for line in chunk.lines:
            if not line.strip():
                said.clear()
                print(flush=True)
                continue
            turns = writer.heard([*said, line])
            n_forgotten = min(len(said), writer.manner.turns - 1) - len(turns[:-1])
            if n_forgotten:
                what = "turn is" if n_forgotten == 1 else f"{n_forgotten} turns are"
                print(f"heedful: the window is full: the oldest {what} forgotten", file=sys.stderr)
            try:
                reply = writer.reply(turns, search=search)
            except LengthError as error:
                too_long = too_long or error
                print(f"heedful: {error}" if shown else "", file=sys.stderr if shown else sys.stdout, flush=True)
                continue
            except HeedfulError as error:
                if not shown:
                    raise
                print(f"heedful: {error}", file=sys.stderr)
                continue
            said = [*turns, reply]
            print(reply, flush=True)
        if chunk.wrong is not None:
            raise chunk.wrong
    if too_long is not None and not shown:
        raise too_long
