"""The swimmer as a body of MuJoCo: our own MJCF, whose drag is that of resistive-force theory."""

import importlib
import math
from typing import Any

from .contract import WorldError
from .swimmer_law import SwimmerLaw

MASS = 1e-4
"""Of the whole body, in units of c_t × length × 1 s: a push is forgotten within a millisecond, of the half
second of a stroke, so that it swims as in a fluid without inertia."""
STEP_S = 2.5e-4
"""Of the simulation, forty to a step of the law. Its errors are of first order: a body in water (c_n / c_t of
1.4, where strokes push it back and forth and leave little) swims 9 % too far with steps of .001, 2 % with
these.
"""
STIFF = 100.0
"""Of the servo that brings a joint to the angle that its muscle asks for, in units of c_t × length³ per s:
drag on half a body is a thousandth of it, which the joint lags in seconds."""
DAMPED_S = 1e-3
"""Damping of the servo over its stiffness: half a step is the least at which it cannot overshoot."""


def mjcf(law: SwimmerLaw) -> str:
    """The body as MJCF, in body lengths and seconds, with drag in units of c_t.

    MuJoCo's own models of a fluid cannot stand for resistive-force theory: the one of boxes is viscous alike
    in all directions, the other adds drag that grows with the square of speed. So every link has three
    actuators without control, at a site in its middle, whose force is proportional to its velocity along
    itself, across itself, and to its spin: -c_t l, -c_n l and -c_n l³ / 12, which is what the theory's
    integral over a straight link comes to. They are part of the model, so that the implicit integrator
    knows them; forces given from outside at every step would have to be far smaller steps.

    A muscle is a servo whose target follows the command as the law says (`filterexact`).
    """
    size, mass = 1 / law.links, MASS / law.links
    drags = {"along": size, "across": law.drag_ratio * size, "spin": law.drag_ratio * size**3 / 12}
    gears = {"along": "1 0 0 0 0 0", "across": "0 1 0 0 0 0", "spin": "0 0 0 0 0 1"}
    bodies, muscles, drag = "", "", ""
    for k in range(law.links):
        joints = (
            f'<joint name="j{k - 1}" type="hinge" axis="0 0 1"/>'
            if k
            else '<joint name="x" type="slide" axis="1 0 0"/><joint name="y" type="slide" axis="0 1 0"/>'
            '<joint name="turn" type="hinge" axis="0 0 1"/>'
        )
        bodies += (
            f'<body name="link{k}" pos="{size if k else 0} 0 0">{joints}'
            f'<geom type="capsule" fromto="0 0 0 {size} 0 0" size="{size / 5}" mass="{mass}"/>'
            f'<site name="middle{k}" pos="{size / 2} 0 0"/>'
        )
        if k:
            muscles += (
                f'<general name="muscle{k - 1}" joint="j{k - 1}" ctrllimited="true" ctrlrange="-1 1" '
                f'dyntype="filterexact" dynprm="{law.muscle_s}" gaintype="fixed" '
                f'gainprm="{STIFF * law.limit}" biastype="affine" biasprm="0 {-STIFF} {-STIFF * DAMPED_S}"/>'
            )
        for name, gear in gears.items():
            drag += (
                f'<general name="{name}{k}" site="middle{k}" gear="{gear}" gaintype="fixed" gainprm="0" '
                f'biastype="affine" biasprm="0 0 {-drags[name]}"/>'
            )
    return (
        f'<mujoco model="swimmer"><option timestep="{STEP_S}" gravity="0 0 0" integrator="implicitfast">'
        '<flag contact="disable"/></option><compiler angle="radian"/>'
        f"<worldbody>{bodies}{'</body>' * law.links}</worldbody>"
        f"<actuator>{muscles}{drag}</actuator></mujoco>"
    )


def mujoco_for(who: str) -> Any:
    """The package mujoco. Raises `WorldError` with the one command that installs it."""
    try:
        return importlib.import_module("mujoco")
    except ModuleNotFoundError as error:
        raise WorldError(
            f"{who}: expected the package mujoco, which is not installed; pip install 'brainwright[worlds]' "
            "(brainwright.world.swimmer_twin does without it)"
        ) from error


def substeps(law: SwimmerLaw) -> int:
    """Of the simulation to a step of the law. Raises `WorldError` where that is no whole number."""
    n = round(law.dt_s / STEP_S)
    if n < 1 or not math.isclose(n * STEP_S, law.dt_s):
        raise WorldError(f"dt_s: expected a multiple of {STEP_S} s for the body of MuJoCo, got {law.dt_s}")
    return n
