"""The loop of chunks: each chunk once, errors, Ctrl-C, many callers, forks."""

import gc
import os
import signal
import sys
import threading
import time
import weakref

import pytest

from qsim.kernels import threads as module
from qsim.kernels.threads import begin, default_threads, for_chunks, run_aside

THREADS = [1, 2, 3, 7]


@pytest.mark.parametrize("num_chunks", [0, 1, 2, 5, 100])
@pytest.mark.parametrize("threads", THREADS)
def test_each_chunk_is_done_once_by_a_worker_of_its_own(threads, num_chunks):
    done, at_work = [], set()

    def work(worker, chunk):
        assert 0 <= worker < threads
        assert worker not in at_work
        at_work.add(worker)
        time.sleep(0)
        done.append(chunk)
        at_work.remove(worker)

    for_chunks(work, num_chunks, threads)
    assert sorted(done) == list(range(num_chunks))


@pytest.mark.parametrize("threads", THREADS)
def test_an_error_in_a_chunk_ends_the_loop(threads):
    done = []

    def work(worker, chunk):
        if chunk == 5:
            raise ValueError("chunk 5")
        done.append(chunk)
        time.sleep(0.001)

    with pytest.raises(ValueError, match="chunk 5"):
        for_chunks(work, 1000, threads)
    count = len(done)
    assert count < 1000
    time.sleep(0.01)
    assert len(done) == count  # nobody is at work any more


@pytest.mark.parametrize("threads", THREADS)
def test_the_check_ends_the_loop_in_the_calling_thread(threads):
    done, callers = [], set()

    def check():
        callers.add(threading.current_thread())
        if len(done) > 5:
            raise TimeoutError

    def work(worker, chunk):
        time.sleep(0.001)
        done.append(chunk)

    with pytest.raises(TimeoutError):
        for_chunks(work, 10_000, threads, check)
    assert callers == {threading.current_thread()}
    assert len(done) < 10_000


@pytest.mark.parametrize("threads", THREADS)
def test_the_check_comes_before_each_chunk_of_the_caller(threads):
    """And once where helpers leave it none."""
    events = []

    def work(worker, chunk):
        if worker == 0:
            events.append("chunk")
        time.sleep(0.001)

    for_chunks(work, 20, threads, lambda: events.append("check"))
    assert events == ["check", "chunk"] * events.count("chunk") or events == ["check"]


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("threads", THREADS)
def test_ctrl_c_ends_the_loop_between_chunks(threads):
    begun, ended = [], []

    def work(worker, chunk):
        begun.append(chunk)
        if chunk == 3:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.002)
        ended.append(chunk)

    with pytest.raises(KeyboardInterrupt):
        for_chunks(work, 1000, threads)
    assert 3 in begun
    assert len(begun) < 1000
    assert len(begun) - len(ended) <= 1  # what helpers had begun is done


def test_a_task_that_was_begun_goes_on_beside_the_caller():
    caller_goes_on, workers = threading.Event(), []

    def task():
        caller_goes_on.wait(10)
        workers.append(threading.current_thread())

    begin(task)
    assert not workers
    caller_goes_on.set()
    while not workers:
        time.sleep(0.001)
    assert workers != [threading.current_thread()]


def test_aside_the_calling_thread_only_waits_and_checks():
    workers, checkers = [], set()

    def action(is_stopped):
        assert not is_stopped()
        time.sleep(0.05)
        workers.append(threading.current_thread())

    run_aside(action, lambda: checkers.add(threading.current_thread()))
    assert checkers == {threading.current_thread()}
    assert len(workers) == 1
    assert workers[0] not in checkers
    with pytest.raises(OSError, match="full"):
        run_aside(lambda is_stopped: (_ for _ in ()).throw(OSError("full")), lambda: None)


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize("how", [KeyboardInterrupt, TimeoutError])
def test_an_action_aside_is_told_to_stop_and_waited_for(how):
    steps = []

    def action(is_stopped):
        for _ in range(10_000):
            if is_stopped():
                break
            time.sleep(0.001)
        steps.append("stopped")
        if how is KeyboardInterrupt:
            os.kill(os.getpid(), signal.SIGINT)  # impatience
        time.sleep(0.05)
        steps.append("tidied")

    def check():
        if how is TimeoutError:
            raise TimeoutError

    if how is KeyboardInterrupt:
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(how):
        run_aside(action, check)
    assert steps == (["stopped", "tidied"] if steps else [])  # it may have been told before it began


def test_many_callers_at_once():
    results = {}

    def call(number):
        done = []
        for _ in range(50):
            for_chunks(lambda worker, chunk: done.append(chunk), 7, 3)
        results[number] = sorted(done) == sorted(list(range(7)) * 50)

    callers = [threading.Thread(target=call, args=(number,)) for number in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert results == dict.fromkeys(range(8), True)


def test_threads_are_kept_for_the_next_loop():
    for _ in range(500):
        for_chunks(lambda worker, chunk: None, 8, 4)
    ours = [thread for thread in threading.enumerate() if thread.name == "qsim"]
    assert len(ours) <= module._SPARE + 8  # and those of callers aside
    assert all(thread.daemon for thread in ours)


@pytest.mark.parametrize("fails", [False, True])
def test_nothing_is_kept_alive(fails):
    class Work:
        def __call__(self, worker, chunk):
            if fails and chunk == 3:
                raise ValueError

    work = Work()
    alive = weakref.ref(work)
    gc.disable()
    try:
        try:
            for_chunks(work, 8, 3)
        except ValueError:
            assert fails
        del work
        deadline = time.monotonic() + 10
        while alive() is not None and time.monotonic() < deadline:
            time.sleep(0.01)  # a helper may be on its way out
        assert alive() is None
    finally:
        gc.enable()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_child_starts_threads_of_its_own():
    for_chunks(lambda worker, chunk: None, 8, 4)
    assert module._idle or time.sleep(0.1) or module._idle
    child = os.fork()
    if child == 0:
        done = []
        for_chunks(lambda worker, chunk: done.append(chunk), 8, 4)
        os._exit(0 if sorted(done) == list(range(8)) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_there_is_a_thread_at_least():
    assert default_threads() >= 1
