"""Parameter groups for an optimiser: the readout apart from the rest, feedback beside its partner."""

from typing import Any

from torch import Tensor

from brainwright.network import Network

from .rule import RuleState, trained

GROUPS = ("hidden", "readout", "rule")


def groups(network: Network, state: RuleState | None = None) -> list[dict[str, Any]]:
    """It returns `{"params": [...], "name": ...}` for `torch.optim`: "readout" is the output population with
    what projects onto it, "hidden" all else that trains, "rule" what only a rule learns. Empty ones are left
    out.
    """
    members: dict[str, list[Tensor]] = {name: [] for name in GROUPS}
    member = {name: group_of(network, name) for name in trained(network)}
    for name, parameter in trained(network).items():
        members[member[name]].append(parameter)
    for name, tensor in ({} if state is None else state.learned).items():
        members[member.get(name, "rule")].append(tensor)
    return [{"params": parameters, "name": name} for name, parameters in members.items() if parameters]


def group_of(network: Network, parameter: str) -> str:
    """It returns "readout" or "hidden": where a parameter of this name belongs."""
    kind, which = parameter.split(".")[:2]
    post = which if kind == "populations" else network.projection(int(which)).post
    return "readout" if post == network.output else "hidden"
