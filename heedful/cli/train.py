"""`heedful train`: from the caller's own data to a model with its evidence."""

from typing import Annotated

from cyclopts import App, Parameter

from heedful.tasks.request import TranslationOptions  # the flags are its fields

train = App(name="train", help="Train a model on your own data.")


@train.command
def translation(*, options: Annotated[TranslationOptions, Parameter(name="*")]) -> int | None:
    """Train a translator from two text files; size, vocabulary and budget follow from the data."""
    from heedful.cli.stopping import until_stopped
    from heedful.cli.summary import show_result
    from heedful.tasks.translation import train_translation
    from heedful.training.display import make_display

    published = until_stopped(options.out, lambda: train_translation(options, watch=make_display))
    if isinstance(published, int):
        return published
    show_result(published)
    return None
