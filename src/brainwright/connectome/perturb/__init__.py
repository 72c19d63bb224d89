"""Errors of reconstruction: functions (connectome, dose, seed) → Connectome, one file for each.

A dose is a share of all chemical synapses: of those that are missed, invented, or found at a wrong cell. It
is met exactly, to the nearest synapse, so that doses of all errors can be compared, and random edits of as
many synapses stand beside each. Gap junctions stay as they are.
"""

from brainwright.connectome.perturb.delete_synapses import delete_synapses
from brainwright.connectome.perturb.edits import ErrorModel, holders
from brainwright.connectome.perturb.insert_synapses import insert_synapses
from brainwright.connectome.perturb.merge_neurons import merge_neurons
from brainwright.connectome.perturb.random_edits import random_edits
from brainwright.connectome.perturb.split_neurons import split_neurons

__all__ = [
    "ErrorModel",
    "delete_synapses",
    "holders",
    "insert_synapses",
    "merge_neurons",
    "random_edits",
    "split_neurons",
]
