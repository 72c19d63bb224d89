"""The recordings that an emulator is tried on, as `Activity`: worms, cultures, reaching and BCI monkeys."""

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from brainwright.datasets.activity import Activity, from_events, from_traces
from brainwright.datasets.locate import find, require
from brainwright.datasets.registry import dataset

SURE = 3.0
"""Least confidence (of 5) with which a neuron of the worm counts as named."""
CULTURE_BIN_S = 0.1
"""A unit is silent in 99 of 100 bins of 10 ms, in 95 of these: bursts are to be told, not single spikes."""
REACH_BIN_S = 0.05
"""Nominal: the file does not say how far its bins are apart."""
BCI_BIN_S = 0.045
"""As the file has them: the decoder took counts of 45 ms."""
REACH_BINS = 31
"""Of a trial; a run of bins with one target that is not a whole number of these is left out."""
GROWN = 10
BURST = "DIV21"
"""Three weeks in vitro, when cultures burst; one recording of each culture."""


def worms() -> dict[str, Activity]:
    """It returns the fluorescence of freely moving worms (Dag et al. 2023), one trial each, by animal.

    A neuron named with confidence bears its name, such as AVAL; the others the animal's name and a number,
    so that no two animals share them.
    """
    by_animal = {}
    for path in files_of("celegans/calcium_dag2023", ".npz"):
        animal = path.stem.removeprefix("swf702_with_id_")
        with np.load(path, allow_pickle=False) as file:
            label, sure = file["neuron_label"], np.nan_to_num(file["neuron_confidence"]) >= SURE
            taken: set[str] = set()
            names = []
            for i, (name, certain) in enumerate(zip(label.tolist(), sure, strict=True)):
                named = bool(name) and certain and name not in taken
                taken.add(name)
                names.append(name if named else f"{animal}/{i}")
            traces = file["traces_F_F20"]
            by_animal[animal] = from_traces(file["time_s"][: len(traces)], traces, names)
    return by_animal


def cultures(age: str = BURST, bin_s: float = CULTURE_BIN_S) -> dict[str, Activity]:
    """It returns the spontaneous spikes of cultures on electrode arrays (Charlesworth et al. 2015), by
    recording.
    """
    by_file = {}
    for path in files_of("mea/charlesworth2015", ".npz"):
        if age not in path.stem:
            continue
        with np.load(path, allow_pickle=False) as file:
            ends = np.cumsum(file["spike_counts"])
            trains = np.split(file["isi_10us"], ends[:-1])
            stop = float(np.ravel(file["recording_s"])[-1])
            names = [f"{path.stem}/{name}" for name in file["unit_names"].tolist()]
        # intervals are kept in units of 10 us
        time_s = np.concatenate([1e-5 * np.cumsum(train, dtype=np.int64) for train in trains])
        unit = np.repeat(np.arange(len(trains)), [len(train) for train in trains])
        inside = time_s < stop
        counted = from_events(time_s[inside], unit[inside], bin_s=bin_s, start_s=0.0, stop_s=stop)
        kept = tuple(names[int(i)] for i in counted.unit_names)
        by_file[path.stem] = Activity(counted.values, bin_s, kept, counts=True)
    return by_file


def cultures_by_day(bin_s: float = CULTURE_BIN_S) -> dict[str, dict[int, Activity]]:
    """It returns the same cultures at every age, counts per electrode: culture → days in vitro → activity of
    the electrodes that were heard at any of its ages, in the same order throughout.

    Ages below `GROWN` days, at which cultures hardly fire, and a file that bears no age are left out.
    """
    ages: dict[str, dict[int, Activity]] = {}
    for name, activity in cultures("DIV", bin_s).items():
        culture, day = re.sub(r"[-_]DIV\d+", "", name), int(re.findall(r"DIV(\d+)", name)[0])
        if day >= GROWN:
            ages.setdefault(culture, {})[day] = activity
    return {culture: _same_electrodes(days) for culture, days in sorted(ages.items())}


def _same_electrodes(days: dict[int, Activity]) -> dict[int, Activity]:
    """Units of an electrode together, as their names say which it is (ch_12A_unit_0)."""
    heard = {day: [_electrode(name) for name in own.unit_names] for day, own in days.items()}
    names = sorted({name for own in heard.values() for name in own})
    same = {}
    for day in sorted(days):
        counts = np.zeros((*days[day].values.shape[:2], len(names)), np.float32)
        for unit, name in enumerate(heard[day]):
            counts[..., names.index(name)] += days[day].values[..., unit]
        same[day] = Activity(counts, days[day].bin_s, tuple(names), counts=True)
    return same


def _electrode(unit: str) -> str:
    return re.findall(r"ch_\d+", unit)[0]


def reaches() -> dict[str, Activity]:
    """It returns the motor cortex during centre-out reaches (Dyer et al. 2017), trials of 31 bins, by day.

    Counts of neighbouring bins hang together far beyond what spiking does (0.91): the bins overlap, so that a
    forecast of the first ten shares spikes with what was seen. The file does not say so.
    """
    by_day = {}
    for day, whole, _ in reach_days():
        names = tuple(f"{day}/{i}" for i in range(whole.shape[2]))
        by_day[day] = Activity(whole, REACH_BIN_S, names, counts=True)
    return by_day


def reach_days() -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Each day of reaches: its name, its trials and the target of each, as `whole_trials` has them.

    Raises:
        MissingData: not one of the files is here.
    """
    from scipy.io import loadmat

    for path in files_of("monkey/dyer2017", ".mat"):
        arrays = loadmat(path)
        for day in ("tr", "te"):
            trials, targets = whole_trials(arrays[f"Y{day}"], np.ravel(arrays[f"T{day}"]))
            yield f"{path.stem.removesuffix('_demo')}-{day}", trials, targets


def whole_trials(counts: np.ndarray, target: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Trials of `REACH_BINS` bins [trial, bin, unit] from counts [bin, unit] in a row, and the target of each
    [trial]; a run of bins with one target that is not a whole number of trials is left out.
    """
    starts = np.concatenate([[0], np.flatnonzero(np.diff(target)) + 1, [len(target)]])
    runs = [(a, b) for a, b in pairwise(starts) if (b - a) % REACH_BINS == 0]
    counts = counts.astype(np.float32)
    trials = [counts[a:b].reshape(-1, REACH_BINS, counts.shape[1]) for a, b in runs]
    return np.concatenate(trials), np.concatenate([target[a:b:REACH_BINS] for a, b in runs])


def bci() -> dict[str, Activity]:
    """It returns counts per 45 ms while a monkey steers a cursor (Golub et al. 2018), [sample, 1, unit], by
    stage.

    Samples are sorted by the angle to the target and do not follow one another in time, so there is nothing
    to forecast, only what unseen units do. Silent units are left out.
    """
    from scipy.io import loadmat

    by_stage = {}
    for path in files_of("monkey/golub2018", ".mat"):
        arrays = loadmat(path, simplify_cells=True)
        stages = {stage: arrays[stage]["clouds"]["spikes"] for stage in ("beforeLearning", "afterLearning")}
        loud = np.all([sum(cloud.sum(1) for cloud in clouds) > 0 for clouds in stages.values()], axis=0)
        for stage, clouds in stages.items():
            # the samples of all angles side by side, so that a block of rows is a block of time in each
            rows = np.stack([np.asarray(cloud, np.float32)[loud].T for cloud in clouds], axis=1)
            names = tuple(f"unit {i}" for i in np.flatnonzero(loud))
            by_stage[stage] = Activity(rows.reshape(-1, 1, int(loud.sum())), BCI_BIN_S, names, counts=True)
    return by_stage


def files_of(name: str, end: str) -> list[Path]:
    """It returns the files of a data set that are here, their checksums proven; those that are not are left
    out.

    Raises:
        MissingData: not one of them is here.
    """
    entry = dataset(name)
    wanted = [file for file in entry.files if file.name.endswith(end)]
    present = [file for file in wanted if find(entry, file) is not None]
    if not present:
        require(entry, wanted[0])
    return [require(entry, file) for file in present]
