"""A clock under the test's control: it shows what was waited for, later where a delay is scripted."""


class ScriptedClock:
    """`delays` says by how many seconds the n-th wait ends late; `spend` lets time pass between waits."""

    def __init__(self, delays=None):
        self.delays, self.waits, self.time_s = delays or {}, 0, 0.0

    def now_s(self):
        return self.time_s

    def wait_until(self, due_s):
        self.time_s = max(self.time_s, due_s) + self.delays.get(self.waits, 0.0)
        self.waits += 1
        return self.time_s

    def spend(self, seconds):
        self.time_s += seconds
