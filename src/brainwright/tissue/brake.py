"""Stopping a tissue, until it is confirmed."""

from .contract import Tissue

_TRIES = 5  # a stop that is interrupted is called again at once, this often


class Brake:
    """It calls `tissue.stop` and remembers where that is still owed.

    `owed` is True from before the first call until one has returned: whatever happens in between, and on
    whatever thread, whoever looks next knows that the tissue may hold pulses.
    """

    def __init__(self, tissue: Tissue):
        self._tissue, self.owed, self._pulling = tissue, False, False

    def pull(self) -> Exception | None:
        """It stops the tissue; returns its error where it did not stop.

        Raises:
            BaseException: an interrupt (Ctrl-C, SystemExit) that came meanwhile, once the tissue has stopped.
        """
        self.owed, interrupt = True, None
        for _ in range(_TRIES):
            try:
                self._pulling = True
                self._tissue.stop()
                self.owed = False
                break
            except Exception as error:  # a device that is off; to be tried again later
                if interrupt is not None:
                    raise interrupt from error
                return error
            except BaseException as error:
                interrupt = error
            finally:
                self._pulling = False
        if interrupt is not None:
            raise interrupt
        return None

    def nudge(self) -> None:
        """It stops the tissue out of turn: beside a call that hangs, or in the middle of one.

        Nothing is settled by it: whoever has the turn pulls again. In the middle of a stop it does nothing.
        """
        if self._pulling:
            return
        try:
            self._tissue.stop()
        except Exception:  # `pull` follows, and says so
            self.owed = True
