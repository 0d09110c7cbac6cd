"""The worker pool: whatever one document does, the others come through."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping

import pytest

from flows.workers import BatchResult, WorkerPool, run_batches

SECONDS = 1.0


def behave(item: str, skip: Mapping[int, str]) -> Iterator[str]:
    """An item is words: each is a document that behaves as it says."""
    for position, word in enumerate(item.split()):
        if position in skip:
            yield f"lost: {skip[position]}"
            continue
        if word == "hang":
            time.sleep(60)
        elif word == "spin":
            while True:
                pass
        elif word == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        elif word == "crash":
            os.kill(os.getpid(), signal.SIGSEGV)
        elif word == "exit":
            os._exit(3)
        elif word == "raise":
            raise RuntimeError("no good")
        elif word == "eat":
            yield str(len(bytearray(8 << 30)))
            continue
        elif word == "big":
            yield "x" * 3_000_000
            continue
        elif word == "pid":
            yield str(os.getpid())
            continue
        yield word


def always_dies(item: str, skip: Mapping[int, str]) -> Iterator[str]:
    os._exit(1)
    yield item


def outcomes(results: list[BatchResult[str, str]]) -> dict[str, tuple[str, ...]]:
    return {outcome.item: outcome.values for result in results for outcome in result.outcomes}


CASES = {
    "hang": "took more than 1 s",
    "spin": "took more than 1 s",
    "die": "signal SIGKILL",
    "crash": "signal SIGSEGV",
    "exit": "code 3",
    "raise": "RuntimeError: no good",
    "eat": "more memory",
}


@pytest.fixture(scope="module")
def pool() -> Iterator[WorkerPool[str, str]]:
    with WorkerPool(behave, workers=2, seconds_per_document=SECONDS, memory_bytes=1 << 30) as shared:
        yield shared


@pytest.mark.parametrize(("word", "cause"), CASES.items(), ids=CASES)
def test_only_the_document_at_fault_is_lost(pool: WorkerPool[str, str], word: str, cause: str) -> None:
    batches = [["a b", f"c {word} d", "e"], ["f"], [word], ["g", "h"]]
    found = outcomes(list(pool.run(batches)))
    assert found.keys() == {item for batch in batches for item in batch}
    assert found["a b"] == ("a", "b") and found["e"] == ("e",) and found["h"] == ("h",)
    before, lost, after = found[f"c {word} d"]
    assert (before, after) == ("c", "d")
    assert lost.startswith("lost: ") and cause in lost
    assert found[word][0].startswith("lost: ")


def test_large_values_and_a_slow_consumer(pool: WorkerPool[str, str]) -> None:
    results = []
    for result in pool.run([["big a"], ["big b"], ["c"]]):
        time.sleep(1.5 * SECONDS)  # longer than the limit: waiting for us is not the worker's time
        results.append(result)
    assert sum(result.workers_lost for result in results) == 0
    assert {values[-1] for values in outcomes(results).values()} == {"a", "b", "c"}


def test_batches_are_taken_only_when_a_worker_is_free(pool: WorkerPool[str, str]) -> None:
    taken = 0

    def batches() -> Iterator[list[str]]:
        nonlocal taken
        for number in range(50):
            taken += 1
            yield [str(number)]

    running = pool.run(batches())
    next(running)
    assert taken <= 4
    assert len(list(running)) == 49


def test_workers_stay_between_runs_and_are_recycled() -> None:
    with WorkerPool(behave, workers=1, seconds_per_document=5, recycle_after=3) as own:
        pids = [outcomes(list(own.run([["pid"]])))["pid"][0] for _ in range(4)]
    assert pids[0] == pids[1] == pids[2] != pids[3]


def test_an_item_that_kills_every_worker_is_given_up_and_the_rest_goes_on() -> None:
    results = list(run_batches(always_dies, [["x"], ["y"]], workers=1, seconds_per_document=5))
    assert [outcome.failure for result in results for outcome in result.outcomes] == [
        "the worker ended with code 1"
    ] * 2


def test_in_this_process_for_debugging() -> None:
    results = list(run_batches(behave, [["a raise b"], ["c"]], workers=0, seconds_per_document=5))
    assert outcomes(results) == {
        "a raise b": ("a", "lost: reading failed (RuntimeError: no good)", "b"), "c": ("c",),
    }  # fmt: skip


def test_stopping_early_leaves_no_process() -> None:
    with WorkerPool(behave, workers=2, seconds_per_document=60) as own:
        running = own.run([["a"], ["hang"], ["hang"]])
        next(running)
        processes = [worker.process for worker in own._workers]
        running.close()
    assert not any(process.is_alive() for process in processes)
