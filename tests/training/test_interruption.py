import os
import signal
import threading

import pytest

from heedful.training.interruption import Interrupted, Interruption


def send(number):
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_is_remembered_and_the_second_quits_at_once(number):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with Interruption() as interruption:
        assert interruption.signal_number is None
        send(number)
        assert interruption.signal_number == number
        with pytest.raises(KeyboardInterrupt):
            send(signal.SIGINT)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_handlers_come_back_after_a_failure():
    before = signal.getsignal(signal.SIGTERM)
    block = Interruption()
    block.__enter__()
    assert signal.getsignal(signal.SIGTERM) != before
    block.__exit__(KeyError, KeyError(), None)
    assert signal.getsignal(signal.SIGTERM) == before


def test_another_thread_changes_nothing():
    before, seen = signal.getsignal(signal.SIGINT), []

    def inside():
        with Interruption() as interruption:
            seen.append((signal.getsignal(signal.SIGINT), interruption.signal_number))

    thread = threading.Thread(target=inside)
    thread.start()
    thread.join()
    assert seen == [(before, None)]


def test_it_says_where_everything_is(tmp_path):
    error = Interrupted(12, tmp_path, signal.SIGTERM)
    assert str(error) == f"stopped after step 12; {tmp_path} has everything to go on with"
    assert (error.step, error.folder, error.signal_number) == (12, tmp_path, signal.SIGTERM)
