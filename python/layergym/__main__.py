"""`python -m layergym FILE`: answers layergym's requests about the agents of a file."""

import sys

from layergym.agent import main

sys.exit(main(sys.argv[1]))
