"""The protocol, with a library that turns sentences around; CTranslate2 through a double of its Translator."""

import json
import sys
from types import SimpleNamespace

import pytest

from bench import answering
from bench.answering import CTranslate2, Library, peak_bytes, serve

SETUP = {
    "options": {},
    "model": {},
    "limits": {"max_ratio": 2.0, "max_extra": 10, "min_len": 1},
    "sources": [[5, 6, 3], [7, 3], [8, 9, 9, 3]],
    "alone": 2,
    "widths": [5, 1],
}


class Backwards(Library):
    """Answers with the source turned around."""

    def open(self):
        self.calls = []

    def run(self, given, width, rows):
        self.calls.append((len(given), width, rows))
        return given

    def written(self, found):
        return [source[::-1] for source in found]


def served(*questions):
    """The library, and what it answers to these."""
    library, lines, told = Backwards(SETUP), iter([*map(json.dumps, questions), ""]), []
    serve(SETUP, library, lambda: next(lines), told.append)
    return library, told


def test_it_warms_up_and_says_that_it_is_ready():
    library, told = served()
    assert told == [{"ready": True}]
    assert [call[:2] for call in library.calls] == [(3, 5), (3, 1)]


def test_all_at_once_is_one_call():
    library, told = served({"ask": "many", "width": 5, "rows": 64})
    assert library.calls[2:] == [(3, 5, 64)]
    assert told[1]["answers"] == [[3, 6, 5], [3, 7], [3, 9, 9, 8]]
    assert len(told[1]["seconds"]) == 1
    assert told[1]["seconds"][0] >= 0


def test_alone_is_a_call_for_each_of_the_first():
    library, told = served({"ask": "alone", "width": 1})
    assert library.calls[2:] == [(1, 1, 1), (1, 1, 1)]
    assert told[1]["answers"] == [[3, 6, 5], [3, 7]]
    assert len(told[1]["seconds"]) == 2


def test_memory_is_what_was_resident():
    _, told = served({"ask": "memory"})
    assert told[1]["bytes"] == pytest.approx(peak_bytes(), rel=0.1)
    assert peak_bytes() > 10e6


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a peak is kept")
def test_a_peak_can_be_forgotten():
    block = bytearray(b"x") * 64_000_000
    high = peak_bytes()
    del block
    answering.forget_peak()
    assert peak_bytes() < high - 32_000_000


def test_standard_output_belongs_to_the_protocol(tmp_path):
    """What a library prints goes elsewhere, and the end of the input ends the process."""
    import os
    import subprocess

    code = (
        "import sys; from pathlib import Path; sys.path.insert(0, sys.argv[1]); import answering\n"
        "class Loud(answering.Library):\n"
        "    def open(self): print('loud')\n"
        "    def run(self, given, width, rows): return given\n"
        "answering.LIBRARIES = {'loud': Loud}\n"
        "answering.main()"
    )
    folder = os.path.dirname(answering.__file__)
    told = json.dumps({**SETUP, "library": "loud"}) + "\n"
    done = subprocess.run([sys.executable, "-S", "-c", code, folder], input=told, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, '{"ready": true}\n', "loud\n")


def test_ctranslate2_is_given_words_and_the_limit_of_the_longest(tmp_path, monkeypatch):
    asked = {}

    class Translator:
        def __init__(self, folder, **options):
            asked["opened"] = (folder, options)

        def translate_batch(self, given, **options):
            asked["given"], asked["options"] = given, options
            return [SimpleNamespace(hypotheses=[words[::-1]]) for words in given]

    monkeypatch.setitem(sys.modules, "ctranslate2", SimpleNamespace(Translator=Translator))
    words = tmp_path / "words.json"
    words.write_text(json.dumps([f"w{number}" for number in range(10)]))
    options = {"folder": "here", "words": str(words), "dtype": "int8", "workers": 2, "threads": 1}
    library = CTranslate2({**SETUP, "options": options})
    given = library.given(SETUP["sources"])
    assert given == [["w5", "w6"], ["w7"], ["w8", "w9", "w9"]]
    assert library.written(library.run(given, 5, 32)) == [[6, 5], [7], [9, 9, 8]]
    kinds = {"device": "cpu", "compute_type": "int8", "inter_threads": 2, "intra_threads": 1}
    assert asked["opened"] == ("here", kinds)
    assert asked["options"] == {
        "beam_size": 5,
        "length_penalty": 0.0,
        "max_batch_size": 32,
        "max_input_length": 0,
        "max_decoding_length": 18,  # twice the longest, its end counted, and ten
        "min_decoding_length": 1,
    }
