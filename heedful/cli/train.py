"""`heedful train`: from the caller's own data to a model with its evidence."""

import shlex
import signal
import sys
from typing import Annotated

from cyclopts import App, Parameter

from heedful.tasks.request import TranslationOptions  # the flags are its fields

train = App(name="train", help="Train a model on your own data.")


@train.command
def translation(options: Annotated[TranslationOptions, Parameter(name="*")]) -> int | None:
    """Train a translator from two text files; size, vocabulary and budget follow from the data."""
    from heedful.cli.summary import show_result
    from heedful.tasks.beginning import has_begun
    from heedful.tasks.translation import train_translation
    from heedful.training.display import make_display
    from heedful.training.interruption import Interrupted

    again = shlex.join(["heedful", "train", "translation", "--out", str(options.out), "--resume"])
    try:
        published = train_translation(options, watch=make_display)
    except Interrupted as stop:
        print(f"heedful: stopped after step {stop.step:,}; everything is saved. Go on with: {again}", file=sys.stderr)
        return 128 + stop.signal_number
    except KeyboardInterrupt:
        if not has_begun(options.out):
            raise
        print(f"heedful: interrupted; what was saved is safe. Go on with: {again}", file=sys.stderr)
        return 128 + signal.SIGINT
    show_result(published)
    return None
