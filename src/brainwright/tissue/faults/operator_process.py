"""Who asks for an emergency stop in a fault test, in a process of its own.

Told on stdin where the host is. Says "ready"; at the next line it stops the host, and says when it asked.
"""

import json
import sys
import time

from ..bridge import emergency_stop, take_priority


def main() -> int:
    settings = json.loads(sys.stdin.readline())
    if settings["urgent"]:
        take_priority()
    print(json.dumps({"ready": True}), flush=True)
    if sys.stdin.readline():
        struck_s = time.monotonic()
        emergency_stop(tuple(settings["address"]), "test")
        print(json.dumps({"struck_s": struck_s}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
