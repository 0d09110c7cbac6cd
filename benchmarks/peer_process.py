"""Runs in the peers' own environment and imports nothing of the project: python peer_process.py NAME.

Reads {"texts": [...]} and answers with the peer's version; then for each {"go": true} works through the texts and
answers with the processor seconds that it took.
"""

import contextlib
import importlib.metadata
import json
import os
import sys
import time
import warnings


def work_of(name):
    warnings.filterwarnings("ignore")
    if name == "quantulum3":
        from quantulum3 import parser

        return parser.parse, "quantulum3"
    if name == "underthesea words":
        from underthesea import word_tokenize

        return word_tokenize, "underthesea"
    from underthesea import pos_tag

    return pos_tag, "underthesea"


def main():
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    work, package = work_of(sys.argv[1])
    texts = []
    for line in sys.stdin:
        question = json.loads(line)
        if "texts" in question:
            texts = question["texts"]
            work(texts[0][:200])
            answer = importlib.metadata.version(package)
        else:
            start = time.process_time()
            for text in texts:
                with contextlib.suppress(Exception):  # a text that it cannot read counts as read
                    work(text)
            answer = time.process_time() - start
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
