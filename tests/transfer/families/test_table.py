import pytest

from heedful.errors import OptionError
from heedful.transfer.families.table import LAYOUTS, layout_of


def test_a_family_is_found_by_its_name():
    assert all(layout_of(name) is layout for name, layout in LAYOUTS.items())
    with pytest.raises(OptionError, match="model_type 'robert' is not known; did you mean 'roberta'"):
        layout_of("robert")
    with pytest.raises(OptionError, match="model_type None is not known; choose from bart, bert"):
        layout_of(None)
