"""Run a command and print what it took, from a process so small that the command's peak memory is its own.

A child's peak begins with what its parent took when it was forked. Only the standard library, and nothing of this
package: it is run by its path.
"""

import json
import os
import subprocess
import sys
import time


def main(command: list[str]) -> None:
    """Print one line: wall and processor seconds, the peak of the largest process in bytes, the exit status."""
    start = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # noqa: S603
    _, status, used = os.wait4(child.pid, 0)
    wall = time.perf_counter() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    print(json.dumps([wall, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024, child.returncode]))


if __name__ == "__main__":
    main(sys.argv[1:])
