"""The simulated culture as data source of cl-sdk's simulator: programs written for a CL1 run on tissue that
responds and learns. Deterministic for a given seed and programme of stimuli."""

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..culture import CultureParameters, SimulatedCulture
from ..limits import StimulusRefused
from ..plan import StimulusPlan
from .optional import need

FRAME_RATE_HZ = 25_000
UV_PER_UNIT = 0.195
NOISE_UV = 7.0
SPIKE_UV = -70.0
_NOISE_FRAMES = FRAME_RATE_HZ  # a second of noise, used from random places
_SHAPE_FRAMES = 50


class CultureSource:
    """What the simulator asks for: `read(from_timestamp, frame_count)` and `on_stims(stims)`.

    Spikes are the culture's detections; frames are Gaussian noise with a spike shape at each of them. The
    culture works in steps of 1 ms, so a stimulus takes effect up to 1 ms after its frame.

    Args:
        seed, n_neurons, plasticity: of the culture, see `SimulatedCulture`.
        batch: makes a batch from (frames, spikes); default `cl.sim.DataSourceBatch`.
        spike: makes a spike from timestamp, channel; default `cl.sim.DataSourceSpike`.
    """

    def __init__(
        self,
        seed: int = 0,
        n_neurons: int = 256,
        plasticity: bool = True,
        *,
        batch: Any = None,
        spike: Any = None,
    ):
        parameters = CultureParameters(n_neurons=n_neurons)
        self.culture = SimulatedCulture([seed], parameters, plasticity=plasticity)
        SimulatedCulture([seed], parameters).read(parameters.dt_s)  # compile now: the simulator is impatient
        self.refused = 0
        """Pulses that lay outside the culture's limits; each is warned of and none is delivered."""
        self._batch = batch or need("cl.sim", "cl").DataSourceBatch
        self._spike = spike or need("cl.sim", "cl").DataSourceSpike
        self._random = np.random.default_rng([seed, 64])
        noise = self._random.standard_normal((_NOISE_FRAMES, self.culture.n_channels), np.float32)
        self._noise = np.rint(noise * (NOISE_UV / UV_PER_UNIT)).astype(np.int16)
        self._shape = _spike_shape()
        self._next = 0
        self._frame = np.zeros(0, np.int64)
        self._channel = np.zeros(0, np.int64)

    @property
    def step_frames(self) -> int:
        """It is the number of frames in one step of the culture."""
        return round(self.culture.parameters.dt_s * FRAME_RATE_HZ)

    def read(self, from_timestamp: int, frame_count: int) -> Any:
        """It returns the batch of [from, from + count): frames int16 [frame, 64] and the spikes among them.

        Raises:
            ValueError: a time that was read already: living tissue cannot be wound back.
        """
        if from_timestamp < self._next:
            raise ValueError(f"expected a read from {self._next} on, got {from_timestamp}: no going back")
        stop = from_timestamp + frame_count
        self._advance_to(stop)
        in_batch = (self._frame >= from_timestamp) & (self._frame < stop)
        order = np.argsort(self._frame[in_batch], kind="stable")
        frame, channel = self._frame[in_batch][order], self._channel[in_batch][order]
        recent = self._frame < stop
        frames = self._voltages(from_timestamp, frame_count, self._frame[recent], self._channel[recent])
        keep = self._frame >= stop - _SHAPE_FRAMES  # their shape reaches into the next batch
        self._frame, self._channel, self._next = self._frame[keep], self._channel[keep], stop
        spikes = [
            self._spike(timestamp=int(at), channel=int(line)) for at, line in zip(frame, channel, strict=True)
        ]
        return self._batch(frames=frames, spikes=spikes)

    def on_stims(self, stims: Sequence[Any]) -> None:
        """It writes the simulator's stimuli to the culture; each is admitted or refused for itself."""
        now_s = self.culture.now_s()
        for stim in stims:
            plan = StimulusPlan(
                np.array([0]),
                np.array([int(stim.channel)]),
                np.array([max(now_s, stim.timestamp / FRAME_RATE_HZ)]),
                np.array([stim.phase_currents_uA], np.float64),
                np.array([stim.phase_durations_us], np.float64),
            )
            try:
                self.culture.write(plan)
            except StimulusRefused as error:
                self.refused += 1
                warnings.warn(f"the culture refused a stimulus: {error}", stacklevel=2)

    def on_stim(self, stim: Any) -> None:
        """It writes one stimulus."""
        self.on_stims([stim])

    def _advance_to(self, stop: int) -> None:
        steps = -(-stop // self.step_frames) - round(self.culture.now_s() / self.culture.parameters.dt_s)
        if steps < 1:
            return
        heard = self.culture.read(steps * self.culture.parameters.dt_s)
        step = np.rint(heard.time_s / self.culture.parameters.dt_s).astype(np.int64)
        within = self._random.integers(0, self.step_frames, len(step))
        self._frame = np.append(self._frame, step * self.step_frames + within)
        self._channel = np.append(self._channel, heard.channel)

    def _voltages(
        self, first: int, count: int, frame: NDArray[np.int64], channel: NDArray[np.int64]
    ) -> NDArray[np.int16]:
        rows = (np.arange(count) + self._random.integers(_NOISE_FRAMES)) % _NOISE_FRAMES
        frames = self._noise[rows]
        for at, line in zip(frame - first, channel, strict=True):
            low, high = max(0, at), min(count, at + _SHAPE_FRAMES)
            if high > low:
                frames[low:high, line] += self._shape[low - at : high - at]
        return frames


def make(**config: Any) -> Any:
    """It is the factory that the simulator imports; `config` as for `CultureSource`.

    Example:
        factory = "brainwright.tissue.adapters.cl1_source:make"
        cl.sim.set_simulator_data_source(factory, {"seed": 1}, metadata())
    """
    base = need("cl.sim", "cl").SimulatorDataSource
    facts = metadata()

    class Source(CultureSource, base):
        """`CultureSource` as the simulator's own kind of source."""

        metadata = property(lambda _: facts)

        def open(self) -> None: ...

        def close(self) -> None: ...

    return Source(**config)


def metadata() -> Any:
    """It says what the simulator wants to know of the source before it starts."""
    return need("cl.sim", "cl").SimulatorDataSourceMetadata(
        channel_count=64,
        frames_per_second=FRAME_RATE_HZ,
        uV_per_sample_unit=UV_PER_UNIT,
        seekable=False,
        supports_accelerated=True,
    )


def _spike_shape() -> NDArray[np.int16]:
    """It returns a fast trough and a slow recovery over 2 ms, in sample units."""
    t_ms = np.arange(_SHAPE_FRAMES) / FRAME_RATE_HZ * 1e3
    shape = np.exp(-(((t_ms - 0.2) / 0.1) ** 2)) - 0.3 * np.exp(-(((t_ms - 0.7) / 0.3) ** 2))
    return np.rint(SPIKE_UV / UV_PER_UNIT * shape).astype(np.int16)
