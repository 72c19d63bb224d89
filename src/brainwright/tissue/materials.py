"""What an electrode can carry: reversible charge injection by material, area of a disc."""

from math import pi

SAFE_CHARGE_DENSITY_UC_PER_CM2 = {
    "stainless steel": 20.0,
    "platinum": 100.0,
    "titanium nitride": 900.0,
    "iridium oxide": 1000.0,
}
"""Charge per phase and area that an electrode injects reversibly.

Cogan 2008, Annu Rev Biomed Eng 10:275: Pt 50-150, TiN about 1,000, activated or sputtered IrOx 1,000-5,000;
Merrill, Bikson & Jefferys 2005, J Neurosci Methods 141:171: stainless steel 20-40. The lower end is taken
except for platinum (the middle). A limit of the electrode, not of the tissue: Shannon's k and the charge per
phase hold beside it.
"""


def safe_charge_density(material: str) -> float:
    """It returns uC/cm2 per phase. Raises ValueError for a material without a value."""
    if material not in SAFE_CHARGE_DENSITY_UC_PER_CM2:
        known = ", ".join(SAFE_CHARGE_DENSITY_UC_PER_CM2)
        raise ValueError(
            f"material: expected one of {known}, got {material!r}; for another give charge_density_uC_per_cm2"
        )
    return SAFE_CHARGE_DENSITY_UC_PER_CM2[material]


def disc_area_cm2(diameter_um: float) -> float:
    """It returns the geometric area of a disc in cm2."""
    if not 0 < diameter_um < float("inf"):
        raise ValueError(f"diameter_um must be positive and finite, got {diameter_um!r}")
    return pi * (diameter_um * 1e-4 / 2) ** 2
