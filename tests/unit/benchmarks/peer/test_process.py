import sys
import time
from pathlib import Path

import psutil

from benchmarks.core import two_cores
from benchmarks.peer.process import started, wait_until_idle

# A parent that ends and leaves a child of its own session behind, as daemons do.
ORPHAN = (
    "import subprocess, sys; "
    "work = 'import time; sum(range(5_000_000)); print(\"here\", flush=True); time.sleep(60)'; "
    "subprocess.Popen([sys.executable, '-c', work], start_new_session=True)"
)


def test_whatever_descends_from_the_command_is_seen_kept_on_the_core_and_ended(tmp_path: Path) -> None:
    core, _ = two_cores()
    with started([sys.executable, "-c", ORPHAN], {}, core, tmp_path / "log") as running:
        end = time.monotonic() + 60
        while "here" not in (tmp_path / "log").read_text() and time.monotonic() < end:
            time.sleep(0.02)
        running.process.wait()
        (orphan,) = running.processes()
        assert orphan.cpu_affinity() == [core]
        assert running.cpu_s() > 0
        assert running.memory_bytes() > 1_000_000
        assert running.last_words() == "here"
        wait_until_idle(running, step_s=0.02)
    assert running.processes() == []
    assert not orphan.is_running() or orphan.status() == psutil.STATUS_ZOMBIE
