"""Token vectors move by name; none is swapped, and what is new begins with what its text meant before."""

import torch

from heedful.data.tokenizer import Tokenizer
from heedful.transfer.vocabulary import Kept, moved

OLD = Tokenizer(["a", "b", "c", "ab"], [("a", "b")])
NEW = Tokenizer(["c", "a", "bc", "abc", "b"], [("b", "c"), ("a", "bc")])
TABLE = torch.arange(OLD.vocab_size * 3, dtype=torch.float32).view(-1, 3)


def test_vectors_move_by_the_names_of_their_tokens():
    made, kept = moved(TABLE, OLD, NEW)
    for token in range(NEW.vocab_size):
        name = NEW.piece(token)
        same = [other for other in range(OLD.vocab_size) if OLD.piece(other) == name]
        if same:
            assert torch.equal(made[token], TABLE[same[0]]), name
    assert kept == Kept(moved=4 + 256 + 3, composed=2, unknown=0, dropped=1)


def test_a_new_token_begins_with_the_mean_of_the_old_pieces_of_its_text():
    made, _ = moved(TABLE, OLD, NEW)
    places = {NEW.piece(token): token for token in range(NEW.vocab_size)}
    for name in ("bc", "abc"):
        pieces = OLD.encode(name)
        torch.testing.assert_close(made[places[name]], TABLE[torch.tensor(pieces)].mean(0))


def test_what_the_old_vocabulary_cannot_spell_begins_with_the_mean_of_all():
    tagged = Tokenizer(["a"], [], ["en"])
    made, kept = moved(TABLE, OLD, tagged)
    torch.testing.assert_close(made[tagged.tag_id("en")], TABLE.mean(0))
    assert kept.unknown == 1


def test_the_same_vocabulary_changes_nothing():
    made, kept = moved(TABLE, OLD, OLD)
    assert torch.equal(made, TABLE)
    assert (kept.moved, kept.composed, kept.unknown, kept.dropped) == (OLD.vocab_size, 0, 0, 0)


def test_it_is_told_and_kept():
    kept = Kept(3, 2, 1, 4)
    assert kept.describe() == (
        "of 6 token vectors 3 were kept, 2 begin with the mean of their old pieces, 1 with the mean of all; 4 old ones "
        "were left out"
    )
    assert Kept.from_json(kept.to_json()) == kept
