import inspect

from heedful.training.display import Lines
from heedful.training.panel import Panel
from heedful.training.progress import Display, Evaluation, Progress, Sample, Silent


def test_every_display_has_every_call():
    calls = {name: call for name, call in vars(Display).items() if inspect.isfunction(call) and name[0] != "_"}
    assert set(calls) == {"step", "evaluating", "evaluation", "samples", "event", "close"}
    for kind in (Silent, Lines, Panel):
        for name, call in calls.items():
            assert inspect.signature(getattr(kind, name)) == inspect.signature(call), (kind, name)


def test_silence(capsys):
    display = Silent()
    display.step(Progress(1, 2, 0.5, 10, 1.0, 0.1, 0.1, 10))
    display.evaluating(1)
    display.evaluation(1, Evaluation(1.0), True)
    display.samples([Sample("a", "b", "c")])
    display.event(1, "x")
    display.close()
    assert capsys.readouterr() == ("", "")
