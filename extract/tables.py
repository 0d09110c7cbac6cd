"""Tables."""

from extract.blocks import Block
from extract.decisions import Surroundings
from extract.statements import Read
from extract.territories import Territory


def read_table(text: str, block: Block, around: Surroundings, territory: Territory) -> Read:
    return Read((), (), None, "")
